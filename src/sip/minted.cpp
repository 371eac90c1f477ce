#include <sip/message.hpp>
#include <sip/minted.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

// py<two signs of reactor>-<random>: 5 bits a sign, so up to 1024 reactors.
constexpr std::string_view kMark = "py";
constexpr std::string_view kBranchMark = "z9hG4bK-";
constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";

std::string mint(std::string_view prefix, unsigned reactor, std::size_t count, Random& random) {
  std::string out;
  out.reserve(prefix.size() + kMark.size() + 3 + count);
  out += prefix;
  out += kMark;
  out += kAlphabet[reactor >> 5 & 31U];
  out += kAlphabet[reactor & 31U];
  out += '-';
  out += random.token(count);
  return out;
}

}  // namespace

std::string mint_branch(unsigned reactor, Random& random) { return mint(kBranchMark, reactor, 20, random); }
std::string mint_tag(unsigned reactor, Random& random) { return mint({}, reactor, 16, random); }
std::string mint_call_id(unsigned reactor, Random& random) { return mint({}, reactor, 24, random); }

std::optional<unsigned> reactor_of(std::string_view minted) noexcept {
  if (minted.starts_with(kBranchMark)) minted.remove_prefix(kBranchMark.size());
  if (minted.size() < kMark.size() + 3 || !minted.starts_with(kMark) || minted[kMark.size() + 2] != '-')
    return std::nullopt;
  const auto high = kAlphabet.find(minted[kMark.size()]);
  const auto low = kAlphabet.find(minted[kMark.size() + 1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(high << 5 | low);
}

unsigned owner_of(const Message& message, unsigned reactors) noexcept {
  if (reactors <= 1) return 0;
  const auto ours = [reactors](std::string_view minted) {
    const auto reactor = reactor_of(minted);
    return reactor && *reactor < reactors ? reactor : std::nullopt;
  };
  if (message.is_response()) {
    if (const auto reactor = ours(message.top_via().branch)) return *reactor;
  } else if (const auto reactor = ours(message.to().tag())) {
    return *reactor;
  }
  if (const auto reactor = ours(message.call_id())) return *reactor;
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : message.call_id()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ hash >> 16) % reactors;
}

}  // namespace parley::sip
