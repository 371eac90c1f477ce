#pragma once
#include <string>
#include <string_view>

#include <pbx/wire.hpp>

namespace parley::pbx {

/// Our Contact in a dialog with a peer of that flow: `<sip:101@192.0.2.1:5060;transport=tcp>`. `user` may be empty.
[[nodiscard]] std::string own_contact(Wire& wire, const sip::Flow& flow, std::string_view user);

}  // namespace parley::pbx
