#include <algorithm>

#include <pbx/routing.hpp>

namespace parley::pbx {

std::string dialled_number(const sip::Uri& target) {
  constexpr std::size_t kLongest = 64;
  auto user = target.user_text();
  user = user.substr(0, std::min(user.find(';'), kLongest));  // user parameters (RFC 3966 within sip)
  const auto is_dialled = [](char c) { return (c >= '0' && c <= '9') || c == '+' || c == '*' || c == '#'; };
  const auto is_separator = [](char c) { return c == '-' || c == '.' || c == '(' || c == ')' || c == ' '; };
  if (std::ranges::all_of(user, [&](char c) { return is_dialled(c) || is_separator(c); }))
    std::erase_if(user, is_separator);
  for (auto& c : user)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return user;
}

Route route(const Identity& caller, const sip::Uri& target) {
  if (target.scheme != sip::Scheme::Sip && target.scheme != sip::Scheme::Tel)
    return {Route::Kind::Refuse, nullptr, 416, "scheme not served"};
  if (target.scheme == sip::Scheme::Sip && caller.directory->domain(target.host) != caller.organisation)
    return {Route::Kind::Refuse, nullptr, 404, "not found"};
  const auto number = dialled_number(target);
  if (number.empty()) return {Route::Kind::Refuse, nullptr, 484, "no number dialled"};
  if (const auto* extension = caller.organisation->extension_of_user(number)) {
    if (!extension->enabled) return {Route::Kind::Refuse, nullptr, 480, "extension switched off"};
    return {Route::Kind::Extension, extension, 0, {}};
  }
  if (number == kEchoTestNumber) return {Route::Kind::EchoTest, nullptr, 0, {}};
  return {Route::Kind::Refuse, nullptr, 404, "not found"};
}

}  // namespace parley::pbx
