#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace parley::cli {

namespace json = boost::json;

enum class Notation : unsigned char { Yaml, Toml, Json };

/// By the file's ending; YAML when there is none that we know.
[[nodiscard]] Notation notation_of(std::string_view file_name);
/// Where each value of a document stands in its text: by path, such as "extensions[0].number".
class Places {
 public:
  struct Place {
    long line = 0, column = 0;  // from 1
  };
  void note(const std::string& path, Place place) { by_path_.try_emplace(path, place); }
  /// Of the value, or of the nearest thing around it that is there (what is missing has no place of its own); nullopt
  /// for a document without places.
  [[nodiscard]] std::optional<Place> find(std::string_view path) const;

 private:
  std::map<std::string, Place, std::less<>> by_path_;
};

/// Reads a configuration document. In YAML a plain scalar is what YAML 1.2's core schema says; but what stands under a
/// key that is always text (number, caller_id, login, …) stays the text that was written, so that 0041 keeps its zeros.
/// `places` is filled when it is given. Errors: throws Failure with line and column.
[[nodiscard]] json::value read_document(std::string_view text, Notation notation, std::string_view name,
                                        Places* places = nullptr);
/// The same document that read_document makes the value of again. TOML has no null: such members are left out.
[[nodiscard]] std::string write_document(const json::value& value, Notation notation);

}  // namespace parley::cli
