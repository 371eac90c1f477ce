#include <gtest/gtest.h>

#include <pbx/event_board.hpp>

namespace parley::pbx {
namespace {

sip::DialogInfo dialog(const std::string& id) {
  sip::DialogInfo out;
  out.id = out.remote_tag = id;
  out.call_id = std::string(300, 'c');
  out.local_tag = "";
  out.initiator = true;
  out.state = sip::DialogInfoState::Early;
  out.local = {"Ann \"A\" \xc3\xa4", "sip:101@acme.example"};
  out.remote = {"", "", false};
  return out;
}

TEST(EventBoard, GivesDialogsAsTheyWerePut) {
  EventBoard board;
  const auto one = ExtensionId::make(), other = ExtensionId::make();
  EXPECT_TRUE(board.put(one, dialog("a")));
  EXPECT_TRUE(board.put(one, dialog("b")));
  EXPECT_TRUE(board.put(other, dialog("a")));
  EXPECT_EQ(board.dialogs(one), (std::vector{dialog("a"), dialog("b")}));
  EXPECT_EQ(board.dialogs(other), (std::vector{dialog("a")}));
  EXPECT_TRUE(board.dialogs(ExtensionId::make()).empty());
}

TEST(EventBoard, OnlyWhatDiffersIsNews) {
  EventBoard board;
  const auto extension = ExtensionId::make();
  EXPECT_TRUE(board.put(extension, dialog("a")));
  EXPECT_FALSE(board.put(extension, dialog("a")));
  auto confirmed = dialog("a");
  confirmed.state = sip::DialogInfoState::Confirmed;
  EXPECT_TRUE(board.put(extension, confirmed));
  EXPECT_FALSE(board.put(extension, confirmed));
  EXPECT_EQ(board.dialogs(extension), (std::vector{confirmed}));
  EXPECT_FALSE(board.drop(extension, "aa"));
  EXPECT_TRUE(board.drop(extension, "a"));
  EXPECT_FALSE(board.drop(extension, "a"));
  EXPECT_TRUE(board.dialogs(extension).empty());
}

}  // namespace
}  // namespace parley::pbx
