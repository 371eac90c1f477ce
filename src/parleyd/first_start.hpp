#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/result.hpp>
#include <store/store.hpp>

namespace parley::server {

/// What a newcomer must be told once.
struct Welcome {
  std::string login;
  std::string password;
  std::string sip_domain;
  struct Phone {
    std::string number, username, password;
    bool recorded = false;
  };
  std::vector<Phone> phones;
};

/// On an empty database: the organisation "Demo" with the administrator `admin` and the extensions 101 (recorded), 102
/// and 103, each with one device. nullopt when there is an organisation already.
[[nodiscard]] Result<std::optional<Welcome>> make_demo_organisation(store::Store& store);
[[nodiscard]] std::string welcome_text(const Welcome& welcome, const std::string& console, const std::string& sip,
                                       const std::string& fingerprint);

}  // namespace parley::server
