#include <map>
#include <string>

#include <gtest/gtest.h>

#include <sip/transaction_tables.hpp>

namespace parley::sip {
namespace {

constexpr TransactionKind kKinds[] = {TransactionKind::InviteClient, TransactionKind::NonInviteClient,
                                      TransactionKind::InviteServer, TransactionKind::NonInviteServer};

// The figures as matrices: a row per state, a column per input in the order of the enumeration
//   1xx 2xx fin | req ack | s1xx s2xx sfin | terr | 100 | A B D M | E F K | G H I L | J
// with the first letters of the next state (C alling, T rying, P roceeding, A ccepted, c ompleted, f confirmed, X
// terminated) and '.' for what is not listed.
const std::map<TransactionKind, std::map<State, std::string>> kFigures = {
    {TransactionKind::InviteClient,
     {{State::Calling,
       "PAc"
       ".."
       "..."
       "X"
       "."
       "CX.."
       "..."
       "...."
       "."},
      {State::Proceeding,
       "PAc"
       ".."
       "..."
       "X"
       "."
       ".X.."
       "..."
       "...."
       "."},
      {State::Accepted,
       ".A."
       ".."
       "..."
       "."
       "."
       "...X"
       "..."
       "...."
       "."},
      {State::Completed,
       "..c"
       ".."
       "..."
       "X"
       "."
       "..X."
       "..."
       "...."
       "."}}},
    {TransactionKind::NonInviteClient,
     {{State::Trying,
       "Pcc"
       ".."
       "..."
       "X"
       "."
       "...."
       "TX."
       "...."
       "."},
      {State::Proceeding,
       "Pcc"
       ".."
       "..."
       "X"
       "."
       "...."
       "PX."
       "...."
       "."},
      {State::Completed,
       ".cc"
       ".."
       "..."
       "."
       "."
       "...."
       "..X"
       "...."
       "."}}},
    {TransactionKind::InviteServer,
     {{State::Proceeding,
       "..."
       "P."
       "PAc"
       "X"
       "P"
       "...."
       "..."
       "...."
       "."},
      {State::Accepted,
       "..."
       "AA"
       ".A."
       "A"
       "."
       "...."
       "..."
       "...X"
       "."},
      {State::Completed,
       "..."
       "cf"
       "..."
       "X"
       "."
       "...."
       "..."
       "cX.."
       "."},
      {State::Confirmed,
       "..."
       "ff"
       "..."
       "."
       "."
       "...."
       "..."
       "..X."
       "."}}},
    {TransactionKind::NonInviteServer,
     {{State::Trying,
       "..."
       "T."
       "Pcc"
       "X"
       "."
       "...."
       "..."
       "...."
       "X"},
      {State::Proceeding,
       "..."
       "P."
       "Pcc"
       "X"
       "."
       "...."
       "..."
       "...."
       "X"},
      {State::Completed,
       "..."
       "c."
       "..."
       "X"
       "."
       "...."
       "..."
       "...."
       "X"}}},
};

char letter(State state) {
  constexpr std::string_view kLetters = "CTPAcfX";
  return kLetters[static_cast<std::size_t>(state)];
}

TEST(TransactionTables, EveryPairOfStateAndInputIsThatOfTheFigures) {
  for (const auto kind : kKinds) {
    for (std::size_t s = 0; s < kStates; ++s) {
      const auto state = static_cast<State>(s);
      const auto& figure = kFigures.at(kind);
      const std::string row = figure.contains(state) ? figure.at(state) : std::string(kInputs, '.');
      ASSERT_EQ(row.size(), kInputs);
      for (std::size_t i = 0; i < kInputs; ++i) {
        const auto* const transition = next(kind, state, static_cast<Input>(i));
        EXPECT_EQ(transition == nullptr ? '.' : letter(transition->next), row[i])
            << to_string(kind) << ": " << to_string(state) << " --" << to_string(static_cast<Input>(i)) << "-->";
      }
    }
  }
}

TEST(TransactionTables, FinalResponsesReachTheUserOnceAndAcksAreSent) {
  for (const auto kind : {TransactionKind::InviteClient, TransactionKind::NonInviteClient})
    for (const auto& row : table_of(kind)) {
      const bool to_user = row.action == Action::ToUser || row.action == Action::ToUserAck;
      if (row.input == Input::ResponseFinal) EXPECT_EQ(to_user, row.state != State::Completed);
      if (row.input == Input::ResponseFinal && kind == TransactionKind::InviteClient)
        EXPECT_TRUE(row.action == Action::ToUserAck || row.action == Action::SendAck);
      if (row.input == Input::TimerB || row.input == Input::TimerF) EXPECT_EQ(row.action, Action::Timeout);
    }
}

TEST(TransactionTables, EveryStateCanEnd) {
  for (const auto kind : kKinds) {
    std::map<State, bool> ends;
    ends[State::Terminated] = true;
    for (std::size_t round = 0; round < kStates; ++round)
      for (const auto& row : table_of(kind)) ends[row.state] = ends[row.state] || ends[row.next];
    for (const auto& row : table_of(kind))
      EXPECT_TRUE(ends[row.state]) << to_string(kind) << " " << to_string(row.state);
  }
}

}  // namespace
}  // namespace parley::sip
