#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <mutex>

#include <base/assert.hpp>
#include <base/guarded.hpp>
#include <vault/aead.hpp>
#include <vault/hash.hpp>
#include <vault/keyring.hpp>

namespace parley::vault {
namespace {

using Key = std::shared_ptr<const SecretBytes>;

/// "parley/1", organisation, kind, thing, then the part: fixed lengths before free text, so that no two names run
/// together.
void associate(Bytes& out, const KeyName& name, std::string_view part) {
  static constexpr std::string_view kTag = "parley/1";
  out.reserve(kTag.size() + 33 + part.size());
  out.insert(out.end(), kTag.begin(), kTag.end());
  out.insert(out.end(), name.organisation.uuid.bytes.begin(), name.organisation.uuid.bytes.end());
  out.push_back(static_cast<std::uint8_t>(name.kind));
  out.insert(out.end(), name.thing.bytes.begin(), name.thing.bytes.end());
  out.insert(out.end(), part.begin(), part.end());
}

Bytes seal_with(BytesView key, const KeyName& name, std::string_view part, BytesView plain, Random& random) {
  std::array<std::uint8_t, kNonceSize> nonce{};
  random.fill(nonce);
  Bytes associated;
  associate(associated, name, part);
  const Bytes text = seal(key, nonce, associated, plain);
  Bytes out;
  out.reserve(kNonceSize + text.size());
  out.insert(out.end(), nonce.begin(), nonce.end());
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

Result<Bytes> open_with(BytesView key, const KeyName& name, std::string_view part, BytesView sealed) {
  if (sealed.size() < kNonceSize + kTagSize) return fail(Errc::Corrupt, "sealed bytes are too short");
  Bytes associated;
  associate(associated, name, part);
  return open(key, sealed.first(kNonceSize), associated, sealed.subspan(kNonceSize));
}

bool under_root(ThingKind kind) { return kind == ThingKind::Organisation || kind == ThingKind::Signing; }

constexpr std::size_t kRootIdSize = 8;

}  // namespace

std::string_view to_string(ThingKind kind) noexcept {
  switch (kind) {
    case ThingKind::Organisation: return "organisation";
    case ThingKind::User: return "user";
    case ThingKind::Extension: return "extension";
    case ThingKind::Device: return "device";
    case ThingKind::Call: return "call";
    case ThingKind::Contact: return "contact";
    case ThingKind::Credential: return "credential";
    case ThingKind::Conversation: return "conversation";
    case ThingKind::Recording: return "recording";
    case ThingKind::Signing: return "signing";
  }
  return "unknown";
}

Bytes ThingKey::seal(std::string_view part, BytesView plain) const {
  return seal_with(key_->view(), name_, part, plain, system_random());
}

Result<Bytes> ThingKey::open(std::string_view part, BytesView sealed) const {
  return open_with(key_->view(), name_, part, sealed);
}

std::string ThingKey::seal_text(std::string_view part, std::string_view plain) const {
  return to_base64url(seal(part, as_bytes(plain)));
}

Result<std::string> ThingKey::open_text(std::string_view part, std::string_view sealed) const {
  const auto bytes = from_base64(sealed);
  if (!bytes) return fail(Errc::Corrupt, "sealed text is not base64");
  auto plain = open(part, *bytes);
  if (!plain) return std::unexpected(plain.error());
  std::string out(as_text(*plain));
  wipe(*plain);
  return out;
}

SecretBytes ThingKey::derive(std::string_view purpose) const {
  Bytes salt;
  associate(salt, name_, "derive");
  return hkdf_sha256(key_->view(), salt, purpose, kKeySize);
}

/// Lock order: `mutex` alone; the table is called without it, so that a slow disk does not hold up cached keys.
/// `generation` tells a look-up that a destroy went by meanwhile: its key is then not put into the cache.
struct Keyring::State {
  State(KeyTable& t, RootKeys r, Random& rnd, Options o) : table(t), roots(std::move(r)), random(rnd), options(o) {}

  struct Cached {
    KeyName name;
    Key key;
  };
  KeyTable& table;
  std::mutex
      root_mutex;  // guards roots; held over a rotation, so that no key is wrapped by a root that is on its way out
  RootKeys roots;
  Random& random;
  Options options;
  std::mutex mutex;
  std::list<Cached> recent;  // most recently used first
  std::map<KeyName, std::list<Cached>::iterator> cache;
  std::map<std::pair<OrganisationId, std::string>, Key> index_keys;
  std::uint64_t generation = 0;
  std::optional<SigningKey> signing;

  Key cached(const KeyName& name, std::uint64_t& seen) {
    const std::lock_guard lock(mutex);
    seen = generation;
    const auto at = cache.find(name);
    if (at == cache.end()) return nullptr;
    recent.splice(recent.begin(), recent, at->second);
    return at->second->key;
  }
  void remember(const KeyName& name, Key key, std::uint64_t seen) {
    const std::lock_guard lock(mutex);
    if (seen != generation || cache.contains(name)) return;
    recent.push_front({name, std::move(key)});
    cache[name] = recent.begin();
    while (recent.size() > std::max<std::size_t>(options.cache, 1)) {
      cache.erase(recent.back().name);
      recent.pop_back();
    }
  }
  void forget(const std::function<bool(const KeyName&)>& which) {
    const std::lock_guard lock(mutex);
    ++generation;
    for (auto at = recent.begin(); at != recent.end();) {
      if (which(at->name)) {
        cache.erase(at->name);
        at = recent.erase(at);
      } else {
        ++at;
      }
    }
    std::erase_if(index_keys, [&](const auto& item) {
      return which({item.first.first, ThingKind::Organisation, item.first.first.uuid});
    });
  }

  // Wrapped by a root key: its id, then the sealed key.
  Bytes wrap_by_root(const RootKey& root, const KeyName& name, BytesView key) {
    Bytes out = *from_hex(root.id());
    const Bytes sealed = seal_with(root.key.view(), name, "wrapped", key, random);
    out.insert(out.end(), sealed.begin(), sealed.end());
    return out;
  }
  static Result<SecretBytes> unwrap_by_root(const RootKeys& by, const KeyName& name, BytesView wrapped) {
    if (wrapped.size() < kRootIdSize) return fail(Errc::Corrupt, "a wrapped key is too short");
    const std::string id = to_hex(wrapped.first(kRootIdSize));
    for (const RootKey* root : {&by.current, by.next ? &*by.next : nullptr}) {
      if (root == nullptr || root->id() != id) continue;
      auto plain = open_with(root->key.view(), name, "wrapped", wrapped.subspan(kRootIdSize));
      if (!plain) return std::unexpected(plain.error());
      SecretBytes out(*plain);
      wipe(*plain);
      return out;
    }
    return fail(Errc::Corrupt,
                "a key is wrapped by root key " + id + ", which is not the one given: start with that root key");
  }

  Result<SecretBytes> unwrap(const KeyName& name, BytesView wrapped) {
    if (under_root(name.kind)) {
      const std::lock_guard lock(root_mutex);
      return unwrap_by_root(roots, name, wrapped);
    }
    auto parent = key({name.organisation, ThingKind::Organisation, name.organisation.uuid}, false);
    if (!parent) return std::unexpected(parent.error());
    auto plain = open_with((*parent)->view(), name, "wrapped", wrapped);
    if (!plain) return std::unexpected(plain.error());
    SecretBytes out(*plain);
    wipe(*plain);
    return out;
  }

  Result<Key> make(const KeyName& name) {
    auto secret = std::make_shared<const SecretBytes>(SecretBytes::random(kKeySize, random));
    std::uint64_t seen = 0;
    (void)cached(name, seen);
    Result<void> stored;
    if (under_root(name.kind)) {
      const std::lock_guard lock(root_mutex);
      const RootKey& root = roots.next ? *roots.next : roots.current;
      stored = table.put(name, wrap_by_root(root, name, secret->view()));
    } else {
      auto parent = key({name.organisation, ThingKind::Organisation, name.organisation.uuid}, true);
      if (!parent) return std::unexpected(parent.error());
      stored = table.put(name, seal_with((*parent)->view(), name, "wrapped", secret->view(), random));
    }
    if (!stored) return std::unexpected(stored.error());
    remember(name, secret, seen);
    return secret;
  }

  Result<void> make_all(const std::vector<KeyName>& names, std::vector<Key>* made = nullptr) {
    std::vector<Key> secrets;
    std::vector<std::pair<KeyName, Bytes>> wrapped;
    std::uint64_t seen = 0;
    (void)cached({}, seen);
    for (const auto& name : names) {
      PARLEY_ASSERT(!under_root(name.kind));
      auto parent = key({name.organisation, ThingKind::Organisation, name.organisation.uuid}, true);
      if (!parent) return std::unexpected(parent.error());
      secrets.push_back(std::make_shared<const SecretBytes>(SecretBytes::random(kKeySize, random)));
      wrapped.emplace_back(name, seal_with((*parent)->view(), name, "wrapped", secrets.back()->view(), random));
    }
    if (auto stored = table.put_all(wrapped); !stored) return stored;
    for (std::size_t i = 0; i < names.size(); ++i) remember(names[i], secrets[i], seen);
    if (made != nullptr) *made = std::move(secrets);
    return {};
  }

  Result<Key> key(const KeyName& name, bool create_missing) {
    std::uint64_t seen = 0;
    if (auto found = cached(name, seen)) return found;
    auto wrapped = table.get(name);
    if (!wrapped) {
      if (wrapped.error().code != Errc::NotFound || !create_missing) return std::unexpected(wrapped.error());
      auto made = make(name);
      if (made || made.error().code != Errc::Conflict) return made;
      wrapped = table.get(name);  // another thread was faster
      if (!wrapped) return std::unexpected(wrapped.error());
    }
    auto plain = unwrap(name, *wrapped);
    if (!plain) return std::unexpected(plain.error());
    auto secret = std::make_shared<const SecretBytes>(std::move(*plain));
    remember(name, secret, seen);
    return secret;
  }
};

Keyring::Keyring(KeyTable& table, RootKeys roots, Random& random, Options options)
    : state_(std::make_unique<State>(table, std::move(roots), random, options)) {}
Keyring::Keyring(KeyTable& table, RootKeys roots, Random& random)
    : Keyring(table, std::move(roots), random, Options{}) {}
Keyring::~Keyring() = default;

Result<ThingKey> Keyring::create(OrganisationId organisation, ThingKind kind, const Uuid& thing) {
  const KeyName name{organisation, kind, thing};
  auto key = state_->make(name);
  if (!key) return std::unexpected(key.error());
  return ThingKey(name, std::move(*key));
}

Result<void> Keyring::create_all(const std::vector<KeyName>& things) { return state_->make_all(things); }

Result<ThingKey> Keyring::open(OrganisationId organisation, ThingKind kind, const Uuid& thing) {
  const KeyName name{organisation, kind, thing};
  auto key = state_->key(name, false);
  if (!key) return std::unexpected(key.error());
  return ThingKey(name, std::move(*key));
}

Result<ThingKey> Keyring::open_or_create(OrganisationId organisation, ThingKind kind, const Uuid& thing) {
  const KeyName name{organisation, kind, thing};
  auto key = state_->key(name, true);
  if (!key) return std::unexpected(key.error());
  return ThingKey(name, std::move(*key));
}

Result<std::vector<ThingKey>> Keyring::open_or_create_all(const std::vector<KeyName>& things) {
  std::vector<Key> keys(things.size());
  std::vector<KeyName> missing;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < things.size(); ++i) {
    keys[i] = state_->cached(things[i], seen);
    if (keys[i] == nullptr) missing.push_back(things[i]);
  }
  if (!missing.empty()) {
    std::vector<Key> made;
    // Conflict: one of them has a key that is merely not in the cache. Then each is looked up.
    const auto stored = state_->make_all(missing, &made);
    if (!stored && stored.error().code != Errc::Conflict) return std::unexpected(stored.error());
    auto next = made.begin();
    for (std::size_t i = 0; i < things.size(); ++i) {
      if (keys[i] != nullptr) continue;
      if (stored) {
        keys[i] = *next++;
        continue;
      }
      auto key = state_->key(things[i], true);
      if (!key) return std::unexpected(key.error());
      keys[i] = std::move(*key);
    }
  }
  std::vector<ThingKey> out;
  out.reserve(things.size());
  for (std::size_t i = 0; i < things.size(); ++i) out.emplace_back(things[i], std::move(keys[i]));
  return out;
}

Result<void> Keyring::destroy(OrganisationId organisation, ThingKind kind, const Uuid& thing) {
  const KeyName name{organisation, kind, thing};
  auto removed = state_->table.remove(name);
  state_->forget([&](const KeyName& cached) { return cached == name; });
  return removed;
}

Result<void> Keyring::destroy_organisation(OrganisationId organisation) {
  auto removed = state_->table.remove_all(organisation);
  state_->forget([&](const KeyName& cached) { return cached.organisation == organisation; });
  return removed;
}

Result<ThingKey> Keyring::organisation(OrganisationId organisation) {
  return open_or_create(organisation, ThingKind::Organisation, organisation.uuid);
}

Result<std::string> Keyring::blind_index(OrganisationId organisation, std::string_view field, std::string_view value) {
  auto indexes = blind_indexes(organisation, field, {std::string(value)});
  if (!indexes) return std::unexpected(indexes.error());
  return std::move(indexes->front());
}

Result<std::vector<std::string>> Keyring::blind_indexes(OrganisationId organisation, std::string_view field,
                                                        const std::vector<std::string>& values) {
  Key index_key;
  {
    const std::lock_guard lock(state_->mutex);
    const auto at = state_->index_keys.find({organisation, std::string(field)});
    if (at != state_->index_keys.end()) index_key = at->second;
  }
  if (index_key == nullptr) {
    std::uint64_t seen = 0;
    (void)state_->cached({}, seen);
    auto key = this->organisation(organisation);
    if (!key) return std::unexpected(key.error());
    index_key = std::make_shared<const SecretBytes>(key->derive("blind index/" + std::string(field)));
    const std::lock_guard lock(state_->mutex);
    if (seen == state_->generation && state_->index_keys.size() < state_->options.cache) {
      state_->index_keys.emplace(std::pair{organisation, std::string(field)}, index_key);
    }
  }
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const auto& value : values) {
    out.push_back(to_hex(BytesView(hmac_sha256(index_key->view(), as_bytes(value))).first(16)));
  }
  return out;
}

Result<SigningKey> Keyring::signing_key() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->signing) return *state_->signing;
  }
  auto seed = state_->key({{}, ThingKind::Signing, {}}, true);
  if (!seed) return std::unexpected(seed.error());
  auto key = SigningKey::from_seed((*seed)->view());
  if (!key) return std::unexpected(key.error());
  const std::lock_guard lock(state_->mutex);
  state_->signing = *key;
  return *key;
}

Result<void> Keyring::rotate_root(RootKey next) {
  const std::lock_guard lock(state_->root_mutex);
  auto rewrapped = state_->table.rewrap({ThingKind::Organisation, ThingKind::Signing},
                                        [&](const KeyName& name, BytesView wrapped) -> Result<Bytes> {
                                          RootKeys known{state_->roots.current.copy(), next.copy()};
                                          auto plain = State::unwrap_by_root(known, name, wrapped);
                                          if (!plain) return std::unexpected(plain.error());
                                          return state_->wrap_by_root(next, name, plain->view());
                                        });
  if (!rewrapped) return rewrapped;
  state_->roots = RootKeys{std::move(next), std::nullopt};
  return {};
}

std::string Keyring::root_id() const {
  const std::lock_guard lock(state_->root_mutex);
  return state_->roots.current.id();
}

}  // namespace parley::vault
