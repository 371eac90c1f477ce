#include <atomic>
#include <memory>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <base/clock.hpp>
#include <base/log.hpp>

namespace parley::log {
namespace {

std::atomic<Level> minimum{Level::Info};
std::atomic<bool> as_json{false};
std::atomic<bool> with_personal_data{false};
std::atomic<std::shared_ptr<spdlog::logger>> sink;

std::shared_ptr<spdlog::logger> make_sink(const std::string& file) {
  auto logger =
      file.empty()
          ? std::make_shared<spdlog::logger>("parley", std::make_shared<spdlog::sinks::stderr_sink_mt>())
          : std::make_shared<spdlog::logger>("parley", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::info);
  return logger;
}

constexpr std::string_view name_of(Level level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

void append_escaped(fmt::memory_buffer& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
}

void append_quoted(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

bool plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=' || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

Field::Field(std::string_view n, double v) : name(n), value(fmt::format("{:.3f}", v)), quoted(false) {}
Field::Field(std::string_view n, Personal v) : name(n), value(with_personal_data ? v.text : "-") {}

void configure(const Options& options) {
  minimum = options.level;
  as_json = options.json;
  with_personal_data = options.personal_data;
  sink.store(make_sink(options.file));
}

void write(Level level, std::string_view event, Fields fields) {
  if (level < minimum.load(std::memory_order_relaxed)) return;
  auto logger = sink.load();
  if (!logger) {
    configure({});
    logger = sink.load();
  }
  fmt::memory_buffer line;
  const auto stamp = to_rfc3339(system_clock().wall());
  if (as_json) {
    fmt::format_to(std::back_inserter(line), R"({{"time":"{}","level":"{}","event":)", stamp, name_of(level));
    append_quoted(line, event);
    for (const auto& field : fields) {
      line.push_back(',');
      append_quoted(line, field.name);
      line.push_back(':');
      if (field.quoted) {
        append_quoted(line, field.value);
      } else {
        line.append(field.value.data(), field.value.data() + field.value.size());
      }
    }
    line.push_back('}');
  } else {
    fmt::format_to(std::back_inserter(line), "{} {:7} {}", stamp, name_of(level), event);
    for (const auto& field : fields) {
      fmt::format_to(std::back_inserter(line), " {}=", field.name);
      if (plain(field.value)) {
        line.append(field.value.data(), field.value.data() + field.value.size());
      } else {
        append_quoted(line, field.value);
      }
    }
  }
  logger->log(level == Level::Debug ? spdlog::level::debug : spdlog::level::info,
              spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace parley::log
