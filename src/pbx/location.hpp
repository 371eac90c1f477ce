#pragma once
#include <array>
#include <functional>
#include <optional>
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
};

/// All registrations of the process, by extension.
/// Thread: any; sharded, each shard under its own lock, never held while calling out. Lifetime: the Pbx.
/// Bounds: kMaxPerDevice contacts a device, kMaxPerExtension an extension.
class LocationTable {
 public:
  static constexpr std::size_t kMaxPerDevice = 10;
  static constexpr std::size_t kMaxPerExtension = 40;

  enum class Change : std::uint8_t { Added, Refreshed };

  /// Adds or refreshes by (device, contact). Errors: Conflict when an older CSeq of the same Call-ID comes
  /// (RFC 3261 §10.3 step 7), Limited when a bound is reached.
  [[nodiscard]] Result<Change> bind(Binding binding);
  /// Removes one contact. Errors: Conflict as above; NotFound when there is none (RFC 3261: still 200 to the client).
  [[nodiscard]] Result<Binding> unbind(ExtensionId extension, DeviceId device, std::string_view contact,
                                       std::string_view call_id, std::uint32_t cseq);
  /// Removes all of a device ("Contact: *").
  std::vector<Binding> unbind_all(ExtensionId extension, DeviceId device);
  /// Removes what came by a stream connection that is gone.
  std::vector<Binding> drop_connection(std::uint64_t connection);
  /// Removes what no longer belongs to anybody: `keep` says which bindings may stay.
  std::vector<Binding> retain(const std::function<bool(const Binding&)>& keep);

  [[nodiscard]] std::vector<Binding> of_extension(ExtensionId extension, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> of_device(ExtensionId extension, DeviceId device, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> of_organisation(OrganisationId organisation, TimePoint now) const;
  [[nodiscard]] std::vector<Binding> all(TimePoint now) const;
  /// Removes and returns what ran out. Called about once a second.
  std::vector<Binding> expire(TimePoint now);
  [[nodiscard]] std::size_t size() const;

 private:
  using Shard = std::unordered_map<ExtensionId, std::vector<Binding>>;
  static constexpr std::size_t kShards = 16;
  [[nodiscard]] Guarded<Shard>& shard(ExtensionId id) { return shards_[std::hash<ExtensionId>{}(id) % kShards]; }
  [[nodiscard]] const Guarded<Shard>& shard(ExtensionId id) const {
    return shards_[std::hash<ExtensionId>{}(id) % kShards];
  }
  template <class Pred>
  std::vector<Binding> remove_if(Pred&& gone);

  std::array<Guarded<Shard>, kShards> shards_;
};

}  // namespace parley::pbx
