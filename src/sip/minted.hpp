#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <base/random.hpp>

namespace parley::sip {

class Message;

/// Identifiers of our own making. Each carries the number of the reactor that owns the call, so that whatever lands on
/// another one can be handed over without a table; the rest is random (80 bits or more).
[[nodiscard]] std::string mint_branch(unsigned reactor, Random& random);   // z9hG4bK-py<reactor>-<random>
[[nodiscard]] std::string mint_tag(unsigned reactor, Random& random);      // py<reactor>-<random>
[[nodiscard]] std::string mint_call_id(unsigned reactor, Random& random);  // no host in it: it would tell who we are

/// The reactor that minted this; nullopt if it is not of our making.
[[nodiscard]] std::optional<unsigned> reactor_of(std::string_view minted) noexcept;

/// The reactor that must handle a received message: by the branch of a response; by the To tag, else the Call-ID, of a
/// request; what carries no number of ours below `reactors`, by a hash of the Call-ID (a CANCEL thus follows its
/// INVITE).
[[nodiscard]] unsigned owner_of(const Message& message, unsigned reactors) noexcept;

}  // namespace parley::sip
