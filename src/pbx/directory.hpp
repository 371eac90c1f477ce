#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <base/ip_range.hpp>
#include <pbx/dial_pattern.hpp>
#include <pbx/trunk_credential.hpp>
#include <sip/digest.hpp>
#include <store/media_encryption.hpp>
#include <store/routes.hpp>
#include <store/trunks.hpp>

namespace parley::pbx {

struct DirectoryExtension;
struct DirectoryOrganisation;

/// One SIP account. The password itself is not kept: only what digest authentication needs (RFC 3261 §22, RFC 8760).
struct DirectoryDevice {
  DeviceId id;
  std::string username;
  sip::Ha1 ha1;              // realm = the organisation's SIP domain
  sip::Ha1 ha1_with_domain;  // for phones that sign as "101@acme.example"
  const DirectoryExtension* extension = nullptr;
  store::MediaEncryption encryption =
      store::MediaEncryption::Optional;  // the organisation's, if it has none of its own
};

struct DirectoryExtension {
  ExtensionId id;
  std::string number;
  std::string display_name;
  std::string caller_id;  // shown to others instead of the number; empty: the number
  bool recording = false;
  bool enabled = true;
  Duration ring_timeout = std::chrono::seconds(30);
  std::vector<const DirectoryDevice*> devices;
  const DirectoryOrganisation* organisation = nullptr;
};
/// What others see of it: its caller ID, else its number.
[[nodiscard]] inline const std::string& shown_number(const DirectoryExtension& extension) {
  return extension.caller_id.empty() ? extension.number : extension.caller_id;
}

struct DirectoryRoute {
  RouteId id;
  std::string name;
  int order = 0;
  DialPattern pattern;
  std::vector<std::string> callers;  // numbers of extensions; empty: everybody
  unsigned strip = 0;
  std::string prepend;
  store::RouteDestination destination;
};

/// Brings stored routes into the order in which they are asked (see DirectoryOrganisation::routes).
void sort_as_asked(std::vector<store::Route>& routes);

/// A carrier of one organisation.
struct DirectoryTrunk {
  store::Trunk settings;
  Place place;               // where its servers are looked for
  std::string uri;           // the carrier itself: "sip:carrier.example"
  std::string contact_user;  // of our Contact there: no other trunk has it
  TrunkCredential credential;
  std::vector<IpRange> addresses;  // beside its servers'
  struct Inbound {
    DialPattern pattern;
    std::string extension;  // its number
  };
  std::vector<Inbound> inbound;
  store::MediaEncryption encryption = store::MediaEncryption::Optional;
  const DirectoryOrganisation* organisation = nullptr;
};

struct DirectoryOrganisation {
  OrganisationId id;
  std::string name;
  std::string sip_domain;         // lower case; also the digest realm
  std::string announcement_path;  // WAV of the recording notice; empty: the default prompt
  std::string announcement_text;  // for the notice that no WAV was made of yet; empty: the default text
  store::MediaEncryption encryption = store::MediaEncryption::Optional;  // of devices and trunks that do not say
  /// The enabled ones, in the order in which they are asked: by their order, then the more specific pattern, then name.
  std::vector<DirectoryRoute> routes;
  std::vector<const DirectoryTrunk*> trunks;  // the switched off ones too

  [[nodiscard]] const DirectoryExtension* extension(std::string_view number) const;
  [[nodiscard]] const DirectoryDevice* device(std::string_view username) const;
  [[nodiscard]] const DirectoryTrunk* trunk(std::string_view wanted) const;  // by its name, however it is written
  /// The account that an AOR's user part means: a device's user name, else the first device of the extension of that
  /// number.
  [[nodiscard]] const DirectoryExtension* extension_of_user(std::string_view user) const;

  struct Hash {  // not noexcept: only then does libstdc++ keep the hash in the node instead of making it again
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, const DirectoryExtension*, Hash, std::equal_to<>> by_number;
  std::unordered_map<std::string, const DirectoryDevice*, Hash, std::equal_to<>> by_username;
};

/// What the directory is made from: plain rows, in any order.
struct DirectorySource {
  struct Organisation {
    OrganisationId id;
    std::string name, sip_domain, announcement_path, announcement_text;
    store::MediaEncryption encryption = store::MediaEncryption::Optional;
  };
  struct Extension {
    ExtensionId id;
    OrganisationId organisation;
    std::string number, display_name, caller_id;
    bool recording = false, enabled = true;
    Duration ring_timeout = std::chrono::seconds(30);
  };
  struct Device {
    DeviceId id;
    OrganisationId organisation;
    ExtensionId extension;
    std::string username, password;
    std::optional<store::MediaEncryption> encryption{};
  };
  std::vector<Organisation> organisations;  // the first one answers for the host's own addresses too
  std::vector<Extension> extensions;
  std::vector<Device> devices;
  std::vector<store::Route> routes;
  std::vector<store::Trunk> trunks;
};

/// Organisations by domain, extensions by number, devices by user name: the routing data of one moment.
/// Immutable once made; shared by all reactors; replaced whole (DirectoryHolder). Thread: any.
/// Lifetime: whoever holds the shared_ptr; the pointers inside point into it. Errors: a row that names an unknown
/// organisation or extension, repeats a number or user name, or has no pattern or host that can be read, is left out
/// and counted in skipped().
class Directory {
 public:
  [[nodiscard]] static std::shared_ptr<const Directory> build(const DirectorySource& source);

  [[nodiscard]] const DirectoryOrganisation* organisation(OrganisationId id) const;
  /// By SIP domain. A literal address (the host's own: nothing else gets here) means the first organisation.
  [[nodiscard]] const DirectoryOrganisation* domain(std::string_view host) const;
  [[nodiscard]] const DirectoryExtension* extension(ExtensionId id) const;
  [[nodiscard]] const DirectoryDevice* device(DeviceId id) const;
  [[nodiscard]] const DirectoryOrganisation* first() const {
    return organisations_.empty() ? nullptr : organisations_.front().get();
  }
  [[nodiscard]] const std::vector<std::unique_ptr<DirectoryTrunk>>& trunks() const noexcept { return trunks_; }
  [[nodiscard]] std::size_t organisations() const noexcept { return organisations_.size(); }
  [[nodiscard]] unsigned skipped() const noexcept { return skipped_; }

 private:
  std::vector<std::unique_ptr<DirectoryOrganisation>> organisations_;
  std::vector<std::unique_ptr<DirectoryExtension>> extensions_;
  std::vector<std::unique_ptr<DirectoryDevice>> devices_;
  std::vector<std::unique_ptr<DirectoryTrunk>> trunks_;
  std::unordered_map<std::string, const DirectoryOrganisation*, DirectoryOrganisation::Hash, std::equal_to<>>
      by_domain_;
  std::unordered_map<OrganisationId, DirectoryOrganisation*> by_id_;
  std::unordered_map<ExtensionId, DirectoryExtension*> extension_by_id_;
  std::unordered_map<DeviceId, const DirectoryDevice*> device_by_id_;
  unsigned skipped_ = 0;
};

/// The place where the current directory hangs. Thread: any; a reader keeps what it got as long as it likes.
class DirectoryHolder {
 public:
  DirectoryHolder() : current_(Directory::build({})) {}
  [[nodiscard]] std::shared_ptr<const Directory> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void swap(std::shared_ptr<const Directory> next) {
    const std::lock_guard lock(mutex_);
    current_.swap(next);
    version_.fetch_add(1, std::memory_order_release);
  }
  /// Another number after every swap().
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Directory> current_;
  std::atomic<std::uint64_t> version_ = 0;
};

/// The current directory as one reactor asks for it with every message: without the lock, and with a count of users of
/// its own, so that reactors do not take each other's cache lines.
/// Thread: its owner's; what it gives out may go anywhere.
class DirectoryView {
 public:
  explicit DirectoryView(const DirectoryHolder& holder) : holder_(holder) {}
  [[nodiscard]] const std::shared_ptr<const Directory>& get() {
    const auto version = holder_.version();
    if (version != version_ || !own_) {
      const auto box = std::make_shared<const std::shared_ptr<const Directory>>(holder_.get());
      own_ = {box, box->get()};
      version_ = version;
    }
    return own_;
  }

 private:
  const DirectoryHolder& holder_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const Directory> own_;
};

}  // namespace parley::pbx
