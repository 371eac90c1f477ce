#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

/// One line per event: a dotted name and fields. `log::info("sip.listening", {{"transport", "udp"}, {"port", 5060}});`
/// Personal data (names, numbers, addresses of people, text of calls) goes only into log::personal() values, which
/// print as "-" unless the debug log with personal data was switched on (PBX-14). Secrets go nowhere. Thread: any.
/// Lines are single-line: control characters in values are escaped.
namespace parley::log {

enum class Level : std::uint8_t { Debug, Info, Warning, Error };

struct Personal {
  std::string_view text;
};
[[nodiscard]] inline Personal personal(std::string_view text) { return {text}; }

struct Field {
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(v) {}
  Field(std::string_view n, bool v) : name(n), value(v ? "true" : "false"), quoted(false) {}
  Field(std::string_view n, double v);
  template <class Int>
    requires(std::is_integral_v<Int> && !std::is_same_v<Int, bool>)
  Field(std::string_view n, Int v) : name(n), value(std::to_string(v)), quoted(false) {}
  Field(std::string_view n, Personal v);

  std::string_view name;
  std::string value;
  bool quoted = true;  // JSON: a string rather than a number or truth value
};

using Fields = std::initializer_list<Field>;

struct Options {
  Level level = Level::Info;
  bool json = false;           // otherwise text
  bool personal_data = false;  // PBX-14: off by default
  std::string file;            // empty: standard error
};
/// Once at start and again when settings change. Thread: any.
void configure(const Options& options);

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) { write(Level::Debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::Info, event, fields); }
inline void warning(std::string_view event, Fields fields = {}) { write(Level::Warning, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::Error, event, fields); }

}  // namespace parley::log
