#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include <base/bytes.hpp>

/// Vectors in files, judged by the rules of their README, not by their names: another set of the same form runs as
/// well.
namespace parley::vectors {
namespace json = boost::json;

/// One line of the table. `why` is empty when all is as it must be.
struct Row {
  enum class Result : std::uint8_t { Pass, Fail, Skip };
  std::string part, id;
  Result result = Result::Pass;
  std::string why{};
};
using Rows = std::vector<Row>;

/// Throws std::runtime_error with the file's name: a set that cannot be read has failed.
[[nodiscard]] json::value read(const std::filesystem::path& file);
[[nodiscard]] Bytes read_bytes(const std::filesystem::path& file);
/// A member that must be there, in hex.
[[nodiscard]] Bytes hex_at(const json::object& vector, std::string_view name);
[[nodiscard]] std::string text_at(const json::object& vector, std::string_view name);  // "" if absent
[[nodiscard]] std::int64_t number_at(const json::object& vector, std::string_view name, std::int64_t otherwise);
/// "" if equal, else what came.
[[nodiscard]] std::string difference(std::string_view what, BytesView got, BytesView wanted);

/// Runs `check` for each member of the array; it says what is wrong, "" if nothing is. What it throws is wrong too.
void each(const std::string& part, const json::array& vectors, Rows& rows,
          const std::function<std::string(const json::object&)>& check);

/// A line that passes if `why` is empty.
void add(Rows& rows, std::string part, std::string id, std::string why);

void check_srtp(const std::filesystem::path& folder, Rows& rows);
void check_stun(const std::filesystem::path& folder, Rows& rows);
void check_g711(const std::filesystem::path& folder, Rows& rows);
void check_g722(const std::filesystem::path& folder, Rows& rows);
void check_dtmf(const std::filesystem::path& folder, Rows& rows);

}  // namespace parley::vectors
