#pragma once
#include <optional>
#include <string>

#include <insight/conversation.hpp>

namespace parley::insight {

/// What people named: in order of first mention, each once with up to kMostMentions places. At most kMostEntities.
[[nodiscard]] std::vector<Entity> entities_of(const Conversation& conversation);

/// By what name a party goes ("Daniel"), with the place where it was said.
struct PartyNames {
  struct Known {
    std::string name;
    Evidence evidence;
  };
  std::optional<Known> caller;
  std::optional<Known> callee;

  [[nodiscard]] const std::optional<Known>& of(Speaker speaker) const {
    return speaker == Speaker::Caller ? caller : callee;
  }
};
[[nodiscard]] PartyNames party_names(const Conversation& conversation);

/// A person's name at `at`: a capital, and no everyday word. Gives the count of its words (up to two), 0 for none.
[[nodiscard]] std::size_t name_at(const Sentence& sentence, std::size_t at);

inline constexpr std::size_t kMostEntities = 100;
inline constexpr std::size_t kMostMentions = 3;

}  // namespace parley::insight
