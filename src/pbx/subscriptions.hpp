#pragma once
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <pbx/authenticator.hpp>
#include <pbx/event_subscription.hpp>

namespace parley::pbx {

/// The notifier of one reactor: takes SUBSCRIBEs of whom it knows, finds subscriptions by their tag and by what they
/// watch. Who may see whom: everybody the presence and the calls of their own organisation, each extension its own
/// messages and contacts; of what is elsewhere nobody learns whether it is there (404).
/// Source: RFC 6665 §4.2.   Thread: the reactor's.   Lifetime: its Exchange.
class Subscriptions final : public SubscriptionOwner {
 public:
  explicit Subscriptions(Core& core) : core_(core) {}
  ~Subscriptions();
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;

  /// A SUBSCRIBE outside dialogs, by `who`. It is answered in any case; `local_tag` is a new one.
  void serve(sip::ServerId id, const sip::Message& subscribe, const Identity& who, const std::string& local_tag);
  /// A request within a dialog. False: with none of these.
  bool serve_in_dialog(sip::ServerId id, const sip::Message& request);

  void changed(ExtensionId extension, EventPackages packages);
  /// Ends what nobody may watch any more, or what is no longer there.
  void directory_changed();
  void end_all(sip::EndReason reason);
  [[nodiscard]] std::size_t size() const noexcept { return by_tag_.size(); }

 private:
  void on_over(EventSubscription& subscription) override;
  [[nodiscard]] std::vector<EventSubscription*> all() const;
  void answer(sip::ServerId id, unsigned status, const std::string& tag, std::string_view header_line = {});

  Core& core_;
  std::unordered_map<std::string, std::unique_ptr<EventSubscription>> by_tag_;
  std::unordered_map<ExtensionId, std::vector<EventSubscription*>> by_watched_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
