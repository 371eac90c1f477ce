#pragma once
#include <memory>
#include <optional>
#include <string>

#include <net/reactor.hpp>
#include <pbx/core.hpp>
#include <pbx/event_documents.hpp>
#include <sip/dialog.hpp>
#include <sip/subscription.hpp>

namespace parley::pbx {

class EventSubscription;

/// Whom a subscription tells that it is over. It destroys it only by a later post.
class SubscriptionOwner {
 public:
  virtual void on_over(EventSubscription& subscription) = 0;

 protected:
  ~SubscriptionOwner() = default;
};

/// Who watches what.
struct SubscriptionOrder {
  EventPackage package = EventPackage::Dialog;
  std::string event;  // as its NOTIFYs repeat it: "dialog;id=7"
  ExtensionId watched;
  std::string watched_user, entity;  // as it was asked for; its URI
  OrganisationId organisation;       // of both
  ExtensionId subscriber;
  std::optional<DeviceId> device;  // of the subscriber; nullopt: trusted by address
};

/// One subscription on the wire: its dialog, its SUBSCRIBEs after the first, its NOTIFYs. What happens when is the
/// business of sip::Subscription, what is said that of EventDocument.
/// Its NOTIFYs go along the flow that the subscriber's authenticated message came by, or, once it registered the same
/// contact from elsewhere, by that registration's: so it outlives a new connection.
/// Source: RFC 6665.   Thread: the reactor of its Call-ID.   Lifetime: its Subscriptions.
class EventSubscription final : public ClientUser {
 public:
  EventSubscription(Core& core, SubscriptionOwner& owner, SubscriptionOrder order, const sip::Message& subscribe,
                    const std::string& local_tag);
  ~EventSubscription();
  EventSubscription(const EventSubscription&) = delete;
  EventSubscription& operator=(const EventSubscription&) = delete;

  /// The SUBSCRIBE that made it: 200 and the first NOTIFY.
  void begin(sip::ServerId id, const sip::Message& subscribe, std::chrono::seconds granted);
  void on_request(sip::ServerId id, const sip::Message& request);
  void changed();
  void end(sip::EndReason reason);

  [[nodiscard]] const SubscriptionOrder& order() const noexcept { return order_; }
  [[nodiscard]] const std::string& local_tag() const noexcept { return dialog_.local_tag(); }

  // From the Core's tables.
  void on_response(sip::ClientId id, const sip::Message& response) override;
  void on_client_failure(sip::ClientId id, sip::TransactionFailure failure) override;

 private:
  void accept(sip::ServerId id, const sip::Message& subscribe, std::chrono::seconds granted);
  void refuse(sip::ServerId id, unsigned status, std::string_view header_line = {});
  /// Sends what is due, and waits for what will be.
  void run();
  void send(const sip::Subscription::Notify& notify);
  [[nodiscard]] sip::Flow flow() const;
  [[nodiscard]] TimePoint now() const { return core_.reactor().now(); }

  Core& core_;
  SubscriptionOwner& owner_;
  SubscriptionOrder order_;
  sip::Flow flow_;
  sip::Dialog dialog_;
  sip::Subscription state_;
  std::unique_ptr<EventDocument> document_;
  net::Reactor::TimerHandle timer_;
  bool told_over_ = false;
};

/// How long subscriptions and publications last: as registrations do.
[[nodiscard]] sip::EventLifetimes event_lifetimes(const PbxOptions& options);

}  // namespace parley::pbx
