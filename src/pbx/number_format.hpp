#pragma once
#include <string>
#include <string_view>

#include <store/trunks.hpp>

namespace parley::pbx {

/// How numbers are written where a trunk is. Pure.
struct NumberPlan {
  std::string country_code;                 // "49"; empty: nothing is known, numbers stay as they are
  std::string national_prefix = "0";        // "0" in most of Europe, "1" in North America, "" in Italy
  std::string international_prefix = "00";  // "00", "011"
  [[nodiscard]] static NumberPlan of(const store::Trunk& trunk) {
    return {trunk.country_code, trunk.national_prefix, trunk.international_prefix};
  }
};

/// "+4930123" of "+4930123", "004930123" and "030123"; what is neither (short numbers, service numbers without prefix,
/// names) stays. Source: ITU-T E.164; RFC 3966 for the '+'.
[[nodiscard]] std::string to_e164(const NumberPlan& plan, std::string_view number);
/// The number as the carrier wants it.
[[nodiscard]] std::string for_carrier(const store::Trunk& trunk, std::string_view number);
/// A number that the carrier wrote, in E.164 form where that is known.
[[nodiscard]] std::string from_carrier(const store::Trunk& trunk, std::string_view number);

}  // namespace parley::pbx
