#pragma once
#include <memory>
#include <string>

#include <pbx/core.hpp>

namespace parley::pbx {

/// What one subscription says: the state of one extension in the form of one event package, made of what the process
/// knows at the moment of telling. Thread: the subscription's reactor.   Lifetime: its EventSubscription.
class EventDocument {
 public:
  virtual ~EventDocument() = default;
  /// Whether there is something that tell() did not say yet.
  [[nodiscard]] virtual bool differs(TimePoint now) const = 0;
  /// The body of the next NOTIFY; `whole`: all that there is, not only what is new.
  [[nodiscard]] virtual std::string tell(bool whole, TimePoint now) = 0;
};

/// `entity`: the URI that was subscribed to.
[[nodiscard]] std::unique_ptr<EventDocument> make_event_document(EventPackage package, Shared& shared,
                                                                 ExtensionId extension, std::string entity);

}  // namespace parley::pbx
