#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include <base/guarded.hpp>
#include <base/ids.hpp>
#include <base/random.hpp>
#include <sip/pidf.hpp>
#include <sip/publication.hpp>

namespace parley::pbx {

/// Presence that telephones published, soft state known by entity tags (RFC 3903). In memory only: after a restart the
/// tag is unknown (412) and the telephone publishes anew. Thread: any.   Lifetime: the Pbx.
/// Bound: kMaxPerExtension; a further one replaces that which would run out first (a telephone that started anew).
class Publications {
 public:
  static constexpr std::size_t kMaxPerExtension = 8;

  /// What a PUBLISH asks for; `content` of Initial and Modify. The new entity tag. Errors: NotFound: no such tag (412).
  [[nodiscard]] Result<std::string> apply(ExtensionId extension, const sip::PublishRequest& request,
                                          sip::Presence content, TimePoint now, Random& random);
  [[nodiscard]] std::vector<sip::Presence> of(ExtensionId extension, TimePoint now) const;
  /// Removes what ran out; whose it was. Called about once a second.
  [[nodiscard]] std::vector<ExtensionId> expire(TimePoint now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Held {
    std::string etag;
    sip::Presence content;
    TimePoint expires{};
  };
  Guarded<std::unordered_map<ExtensionId, std::vector<Held>>> held_;
};

}  // namespace parley::pbx
