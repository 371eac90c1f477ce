#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The document of the `dialog` event package (application/dialog-info+xml).   Source: RFC 4235 §3.7, §4.   Pure.
namespace parley::sip {

inline constexpr std::string_view kDialogInfoType = "application/dialog-info+xml";

enum class DialogInfoState : std::uint8_t { Trying, Early, Confirmed };  // of those that are there

/// One dialog of the watched party, seen from its side.
struct DialogInfo {
  struct Party {
    std::string display, uri;  // empty uri: nobody may know
    bool renders = true;       // false: it has put the other one on hold (+sip.rendering, RFC 4235 §4.1.6.2)
    friend bool operator==(const Party&, const Party&) = default;
  };
  std::string id;  // the same as long as it lasts, of nothing else
  std::string call_id, local_tag, remote_tag;
  bool initiator = false;
  DialogInfoState state = DialogInfoState::Trying;
  Party local, remote;
  friend bool operator==(const DialogInfo&, const DialogInfo&) = default;
};

/// What one subscriber is told of one party's dialogs: counts the versions, and remembers what it knows, so that only
/// changes have to be told. A dialog that is gone is told as terminated, once.
/// Lifetime: the subscription's.
class DialogInfoTeller {
 public:
  explicit DialogInfoTeller(std::string entity) : entity_(std::move(entity)) {}
  [[nodiscard]] bool differs(const std::vector<DialogInfo>& now) const { return now != told_; }
  /// The next document; `whole`: state="full", everything that is there.
  [[nodiscard]] std::string tell(const std::vector<DialogInfo>& now, bool whole);

 private:
  std::string entity_;
  std::uint32_t version_ = 0;
  std::vector<DialogInfo> told_;
};

}  // namespace parley::sip
