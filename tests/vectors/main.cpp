// media_vectors FOLDER [PART…]: each part of the set that is there, as a table; exit status 1 when a vector failed or
// nothing was there at all.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "check.hpp"

namespace parley::vectors {

json::value read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
  return json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
}

Bytes read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(bytes);
}

Bytes hex_at(const json::object& vector, std::string_view name) {
  auto bytes = from_hex(std::string_view(vector.at(name).as_string()));
  if (!bytes) throw std::runtime_error(fmt::format("{} is no hex", name));
  return std::move(*bytes);
}

std::string text_at(const json::object& vector, std::string_view name) {
  const auto* value = vector.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_at(const json::object& vector, std::string_view name, std::int64_t otherwise) {
  const auto* value = vector.if_contains(name);
  return value != nullptr ? value->to_number<std::int64_t>() : otherwise;
}

std::string difference(std::string_view what, BytesView got, BytesView wanted) {
  if (std::ranges::equal(got, wanted)) return {};
  return fmt::format("{}: {} instead of {}", what, to_hex(got), to_hex(wanted));
}

void add(Rows& rows, std::string part, std::string id, std::string why) {
  const auto result = why.empty() ? Row::Result::Pass : Row::Result::Fail;
  rows.push_back({std::move(part), std::move(id), result, std::move(why)});
}

void each(const std::string& part, const json::array& vectors, Rows& rows,
          const std::function<std::string(const json::object&)>& check) {
  for (const auto& value : vectors) {
    Row row{part, {}};
    try {
      const auto& vector = value.as_object();
      row.id = text_at(vector, "id");
      if (row.id.empty()) row.id = fmt::format("number {}", &value - vectors.data() + 1);
      row.why = check(vector);
    } catch (const std::exception& error) {
      row.why = error.what();
    }
    if (!row.why.empty()) row.result = Row::Result::Fail;
    rows.push_back(std::move(row));
  }
}

namespace {

struct Part {
  const char* folder;
  void (*check)(const std::filesystem::path&, Rows&);
  const char* absent;
};
constexpr Part kParts[] = {
    {"srtp", check_srtp, "not in this set"},
    {"stun", check_stun, "not in this set"},
    {"dtmf", check_dtmf, "not in this set"},
    {"g711", check_g711, "not in this set"},
    {"g722", check_g722, "not in this set (the sequences of the ITU are not shipped: its terms)"},
};

int run(const std::filesystem::path& set, std::span<char* const> wanted) {
  Rows rows;
  for (const auto& part : kParts) {
    if (!wanted.empty() && std::ranges::find(wanted, std::string_view(part.folder)) == wanted.end()) continue;
    if (!std::filesystem::is_directory(set / part.folder)) {
      rows.push_back({part.folder, "", Row::Result::Skip, part.absent});
      continue;
    }
    try {
      part.check(set / part.folder, rows);
    } catch (const std::exception& error) {
      rows.push_back({part.folder, "", Row::Result::Fail, error.what()});
    }
  }
  constexpr std::string_view kNames[] = {"PASS", "FAIL", "SKIP"};
  for (const auto& row : rows)
    fmt::print("{} {:<5} {}{}{}\n", kNames[static_cast<std::size_t>(row.result)], row.part, row.id,
               row.why.empty() || row.id.empty() ? "" : ": ", row.why);
  const auto count = [&](Row::Result result) { return std::ranges::count(rows, result, &Row::result); };
  const auto passed = count(Row::Result::Pass), failed = count(Row::Result::Fail);
  fmt::print("vectors: {} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace parley::vectors

int main(int count, char** arguments) {
  const std::span all(arguments, static_cast<std::size_t>(count));
  if (all.size() < 2) {
    fmt::print(stderr, "usage: media_vectors FOLDER [PART…]\n");
    return 2;
  }
  return parley::vectors::run(all[1], all.subspan(2));
}
