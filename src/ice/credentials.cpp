#include <algorithm>

#include <ice/credentials.hpp>

namespace parley::ice {
namespace {

// py<two signs of reactor>/<random>: 5 bits a sign, so up to 1024 reactors; the signs are those of Random::token.
constexpr std::string_view kMark = "py";
constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
constexpr std::size_t kUfragRandom = 8, kPassword = 26, kLongest = 256;

bool is_ice_text(std::string_view text, std::size_t shortest) noexcept {
  return text.size() >= shortest && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

}  // namespace

Credentials mint_credentials(unsigned owner, Random& random) {
  std::string ufrag(kMark);
  ufrag += kAlphabet[owner >> 5U & 31U];
  ufrag += kAlphabet[owner & 31U];
  ufrag += '/';
  return {ufrag + random.token(kUfragRandom), random.token(kPassword)};
}

std::optional<unsigned> owner_of_ufrag(std::string_view ufrag) noexcept {
  if (ufrag.size() != kMark.size() + 3 + kUfragRandom || !ufrag.starts_with(kMark) || ufrag[kMark.size() + 2] != '/')
    return std::nullopt;
  const auto high = kAlphabet.find(ufrag[kMark.size()]), low = kAlphabet.find(ufrag[kMark.size() + 1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(high << 5U | low);
}

bool is_ufrag(std::string_view text) noexcept { return is_ice_text(text, 4); }
bool is_password(std::string_view text) noexcept { return is_ice_text(text, 22); }

}  // namespace parley::ice
