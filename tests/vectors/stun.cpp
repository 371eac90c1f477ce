// STUN: RFC 5769's packets as a reader and as what proves them, and broken ones that must not pass.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <ice/stun_message.hpp>
#include <rtp/wire.hpp>

#include "check.hpp"

namespace parley::vectors {
namespace {

constexpr std::uint16_t kRealm = 0x0014, kNonce = 0x0015, kSoftware = 0x8022;  // no business of ours but here

/// Short-term credentials are proven with the password itself, long-term ones with a hash (RFC 8489 §9.2.2).
std::string key_of(const json::object& vector) {
  const auto realm = text_at(vector, "realm"), password = text_at(vector, "password");
  if (realm.empty()) return password;
  const auto text = text_at(vector, "username") + ":" + realm + ":" + password;
  std::array<std::uint8_t, 16> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  return std::string(as_text(digest));
}

std::string check_good(const json::object& vector) {
  const auto bytes = hex_at(vector, "hex");
  const auto message = ice::StunMessage::parse(bytes);
  if (!message) return "is refused";
  const auto wrong_text = [&](std::string_view name, std::uint16_t type) -> std::string {
    if (!vector.contains(name) || message->text(type) == text_at(vector, name)) return {};
    return fmt::format("{} is \"{}\"", name, message->text(type));
  };
  for (const auto& [name, type] : {std::pair{"username", std::uint16_t{ice::kUsername}}, std::pair{"realm", kRealm},
                                   std::pair{"nonce", kNonce}, std::pair{"software", kSoftware}})
    if (auto wrong = wrong_text(name, type); !wrong.empty()) return wrong;
  if (vector.contains("priority")) {
    const auto* const found = message->find(ice::kPriority);
    if (found == nullptr || found->value.size() != 4 ||
        rtp::get32(found->value.data()) != number_at(vector, "priority", -1))
      return "priority is another";
  }
  if (vector.contains("ice_controlled")) {
    const auto* const found = message->find(ice::kIceControlled);
    if (auto wrong = difference("ice_controlled", found ? found->value : BytesView{}, hex_at(vector, "ice_controlled"));
        !wrong.empty())
      return wrong;
  }
  if (vector.contains("xor_mapped")) {
    const auto mapped = message->mapped_address();
    if (!mapped || mapped->text() != text_at(vector, "xor_mapped"))
      return fmt::format("xor_mapped is {}", mapped ? mapped->text() : "absent");
  }
  if (vector.contains("fingerprint") && message->fingerprint() != true) return "FINGERPRINT does not fit";
  if (vector.contains("key_md5"))
    if (auto wrong = difference("key_md5", as_bytes(key_of(vector)), hex_at(vector, "key_md5")); !wrong.empty())
      return wrong;
  if (vector.contains("password")) {
    if (!message->proves(key_of(vector))) return "MESSAGE-INTEGRITY does not fit";
    if (message->proves(key_of(vector) + "x")) return "MESSAGE-INTEGRITY fits another password";
  }
  return {};
}

std::string check_bad(const json::object& vector, const std::string& password) {
  const auto bytes = hex_at(vector, "hex");
  const auto message = ice::StunMessage::parse(bytes);
  const bool taken = message && message->fingerprint().value_or(true);
  const auto expected = text_at(vector, "expected");
  if (expected.starts_with("drop")) return taken ? "is taken as STUN" : "";
  const bool proven = taken && message->proves(vector.contains("password") ? text_at(vector, "password") : password);
  return proven ? "is believed" : "";
}

}  // namespace

void check_stun(const std::filesystem::path& folder, Rows& rows) {
  std::string password;
  if (std::filesystem::exists(folder / "rfc5769.json")) {
    const auto all = read(folder / "rfc5769.json");
    const auto& vectors = all.at("vectors").as_array();
    each("stun", vectors, rows, check_good);
    for (const auto& one : vectors)
      if (password.empty() && !one.as_object().contains("realm")) password = text_at(one.as_object(), "password");
  }
  if (!std::filesystem::exists(folder / "negative.json")) return;
  const auto negative = read(folder / "negative.json");
  each("stun", negative.is_array() ? negative.as_array() : negative.at("vectors").as_array(), rows,
       [&](const json::object& one) { return check_bad(one, password); });
}

}  // namespace parley::vectors
