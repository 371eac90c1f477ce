#pragma once
#include <string>

#include <boost/json/value.hpp>

namespace parley {

/// A JSON value as text, with numbers as people write them: 0.94 and 5, not boost's 9.4E-1 and 5E0. The shortest digits
/// that read back as the same double, with an exponent only from 1e+21 and below 1e-06. What JSON has no number for
/// (infinity, NaN) is null. Source: RFC 8259 §6, §7.   Thread: any.
[[nodiscard]] std::string json_text(const boost::json::value& value);

}  // namespace parley
