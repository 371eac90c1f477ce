#pragma once
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/guarded.hpp>
#include <base/ids.hpp>
#include <base/result.hpp>
#include <sip/transport.hpp>

namespace parley::pbx {

/// One contact of one device (RFC 3261 §10): where and how it is reached, and until when.
struct Binding {
  OrganisationId organisation;
  ExtensionId extension;
  DeviceId device;
  std::string contact;  // the URI as registered, Request-URI of calls to it
  sip::Flow flow;       // where requests go: the source that proved itself by digest, never a third address
  std::string call_id;
  std::uint32_t cseq = 0;
  TimePoint expires{};
  WallTime expires_wall{};
  std::string user_agent;
  std::string instance;           // +sip.instance as it came, "<urn:uuid:…>"; "" for none
  std::uint32_t reg_id = 0;       // which of the instance's flows this is (RFC 5626); 0: not an outbound flow
  std::uint16_t q = 1000;         // thousandths
  std::vector<std::string> path;  // Route of requests to it, nearest hop first (RFC 3327)
  TimePoint refreshed{};          // the latest of an instance's flows is tried first
  bool flow_gone = false;         // its connection ended and no new one can be opened: kept until it registers again
};

/// Names a binding among those of its device: the contact's URI, or instance and reg-id (RFC 5626 §6). What the stored
/// one is known by.
[[nodiscard]] std::string key_of(const Binding& binding);

/// All registrations of the process, by extension. Held packed: about 400 bytes each (pbx_bench), given out whole.
/// Thread: any; sharded, each shard under its own lock, never held while calling out. Lifetime: the Pbx.
/// Bounds: kMaxPerDevice contacts a device, kMaxPerExtension an extension.
class LocationTable {
 public:
  static constexpr std::size_t kMaxPerDevice = 10;
  static constexpr std::size_t kMaxPerExtension = 40;

  /// Moved: known, but not from there or not by that device's software. Refreshed: only its time is new. Repeated: and
  /// that is hardly later than the stored row says, which will do (kRowMayLag).
  enum class Change : std::uint8_t { Added, Moved, Refreshed, Repeated };
  /// How much sooner than the binding its row may run out, as a part of its life: telephones that come again every few
  /// seconds cost no row each time, and none that refreshes before 15/16 of its time is missed after a restart.
  static constexpr int kRowMayLag = 16;

  /// What one REGISTER wants: all of it happens, or nothing (RFC 3261 §10.3 step 7).
  struct Update {
    ExtensionId extension;
    DeviceId device;
    std::string_view call_id;
    std::uint32_t cseq = 0;
    bool all = false;             // Contact: *
    std::vector<Binding> bind;    // contacts to add or refresh
    std::vector<Binding> unbind;  // contacts to remove; those that are not there are no error
  };
  struct Applied {
    std::vector<std::pair<Binding, Change>> bound;
    std::size_t of_device = 0;      // all that the device has now
    std::vector<Binding> removed;   // asked to go
    std::vector<Binding> replaced;  // known by another key before: their stored ones must go
  };
  /// Errors: Conflict when the request is older than a binding that it touches (same Call-ID, CSeq not above), Limited
  /// when a bound would be passed.
  [[nodiscard]] Result<Applied> apply(Update update);
  /// One that was kept over a restart. Errors: as apply().
  [[nodiscard]] Result<Change> bind(Binding binding);
  /// A stream connection is gone. Contacts that a new one can reach stay and will be called by one; the others are
  /// removed and returned.
  std::vector<Binding> drop_connection(std::uint64_t connection);
  /// A flow turned out to lead nowhere (430, RFC 5626 §7.1).
  std::vector<Binding> drop_flow(const Binding& binding);
  /// Removes what no longer belongs to anybody: `keep` says which bindings may stay.
  std::vector<Binding> retain(const std::function<bool(const Binding&)>& keep);

  /// What a call to the extension tries: by q, the highest first; those whose flow is gone left out. Several flows of
  /// one instance count as one place: the latest is tried, `others` if that fails (RFC 5626 §7).
  struct Place {
    Binding binding;
    std::vector<Binding> others;
    /// The same phone by the next of its flows; only if there are others.
    [[nodiscard]] Place next() &&;
  };
  [[nodiscard]] std::vector<Place> places(ExtensionId extension, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> of_extension(ExtensionId extension, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> of_device(ExtensionId extension, DeviceId device, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> of_organisation(OrganisationId organisation, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> all(TimePoint now) const;
  /// Removes and returns what ran out. Called about once a second.
  std::vector<Binding> expire(TimePoint now);
  [[nodiscard]] std::size_t size() const;

 private:
  /// A binding with all its texts in one piece.
  struct Packed {
    Packed(const Binding& binding);  // NOLINT: the table's own form of it
    [[nodiscard]] Binding unpack(ExtensionId extension) const;
    [[nodiscard]] std::string_view text() const { return {texts.get(), text_size}; }
    [[nodiscard]] std::string_view contact() const { return text().substr(0, text().find('\n')); }
    [[nodiscard]] std::string_view call_id() const;
    [[nodiscard]] std::string_view behind_call_id() const;
    /// All that is kept is as it was, but for its time and Call-ID.
    [[nodiscard]] bool is_merely_later(const Packed& now) const;

    OrganisationId organisation;
    DeviceId device;
    sip::Flow flow;
    TimePoint expires, refreshed;
    WallTime expires_wall;
    WallTime kept_until;  // what its stored row says
    std::uint32_t cseq, reg_id;
    std::uint16_t q;
    bool flow_gone;
    std::uint32_t text_size;
    std::unique_ptr<char[]> texts;  // NOLINT: contact, Call-ID, User-Agent, instance, path…, a line each
  };
  using Held = std::vector<Packed>;
  struct Shard {
    std::unordered_map<ExtensionId, Held> extensions;
    TimePoint earliest = TimePoint::max();  // nothing runs out before
  };
  static constexpr std::size_t kShards = 64;

  [[nodiscard]] Guarded<Shard>& shard(ExtensionId id) { return shards_[std::hash<ExtensionId>{}(id) % kShards]; }
  [[nodiscard]] const Guarded<Shard>& shard(ExtensionId id) const {
    return shards_[std::hash<ExtensionId>{}(id) % kShards];
  }
  /// The one that a request's contact means, by URI or by instance and reg-id.
  [[nodiscard]] static Held::iterator meant(Held& held, const Binding& wanted);
  [[nodiscard]] static Result<void> judge(Held& held, const Update& update);
  /// Puts it into the table; `replaced`: the one that it was, if that had another key.
  [[nodiscard]] static Change put(Held& held, const Binding& wanted, std::vector<Binding>& replaced);
  template <class Pred>
  std::vector<Binding> remove_if(Guarded<Shard>& guarded, Pred&& gone);
  void note_connection(const Binding& binding);

  std::array<GuardedShard<Shard>, kShards> shards_;
  Guarded<std::unordered_multimap<std::uint64_t, ExtensionId>> by_connection_;
};

}  // namespace parley::pbx
