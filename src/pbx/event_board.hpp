#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include <base/guarded.hpp>
#include <base/ids.hpp>
#include <sip/dialog_info.hpp>

namespace parley::pbx {

/// What subscriptions of all reactors read and who reads it: the dialogs of each extension, as its calls write them,
/// and which reactors have subscriptions to it. Thread: any.   Lifetime: the Pbx.
/// Bounds: kMaxSubscriptions in all, kMaxPerSubscriber of one extension; dialogs as many as calls.
class EventBoard {
 public:
  static constexpr std::size_t kMaxSubscriptions = 200'000;
  static constexpr std::size_t kMaxPerSubscriber = 400;  // telephones with side cars watch a hundred each

  /// True: that is news.
  bool put(ExtensionId extension, const sip::DialogInfo& dialog);
  bool drop(ExtensionId extension, const std::string& id);
  [[nodiscard]] std::vector<sip::DialogInfo> dialogs(ExtensionId extension) const;

  enum class Admission : std::uint8_t { Admitted, TooMany, TooManyOfSubscriber };
  [[nodiscard]] Admission join(ExtensionId watched, ExtensionId subscriber, unsigned reactor);
  void leave(ExtensionId watched, ExtensionId subscriber, unsigned reactor);
  /// The reactors with subscriptions to the extension.
  [[nodiscard]] std::vector<unsigned> watchers(ExtensionId extension) const;
  [[nodiscard]] std::size_t subscriptions() const;

 private:
  struct Watch {
    unsigned reactor = 0;
    std::size_t count = 0;
  };
  struct Watched {
    std::unordered_map<ExtensionId, std::vector<Watch>> by_extension;
    std::unordered_map<ExtensionId, std::size_t> by_subscriber;
    std::size_t count = 0;
  };
  Guarded<std::unordered_map<ExtensionId, std::vector<std::string>>> dialogs_;  // each in one piece: there are many
  Guarded<Watched> watched_;
};

}  // namespace parley::pbx
