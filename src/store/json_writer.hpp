#pragma once
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include <boost/json/serialize.hpp>

namespace parley::store {

/// Writes JSON text in one go, for records that are written often: a tree of values in between costs more than all the
/// rest of a record. Objects begin and end by hand; inside an object every value has a name, in an array "".
/// What is read with json.hpp may leave out members that have their default: `maybe`.
class JsonWriter {
 public:
  void begin(std::string_view name, char bracket) {
    open(name);
    text_ += bracket;
    first_ = true;
  }
  void end(char bracket) {
    text_ += bracket;
    first_ = false;
  }
  void add(std::string_view name, std::string_view value) {
    open(name);
    put(value);
  }
  void add(std::string_view name, const std::string& value) { add(name, std::string_view(value)); }
  void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
  template <std::integral Int>
  void add(std::string_view name, Int value) {
    open(name);
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void add(std::string_view name, double value) {
    open(name);
    text_ += boost::json::serialize(boost::json::value(value));
  }
  /// Nothing where it is the default.
  template <class T>
  void maybe(std::string_view name, const T& value) {
    if (value != T{}) add(name, value);
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  void open(std::string_view name) {
    if (!first_) text_ += ',';
    first_ = false;
    if (name.empty()) return;
    put(name);
    text_ += ':';
  }
  void put(std::string_view value) {
    for (const char c : value)
      if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
        text_ += boost::json::serialize(boost::json::string_view(value.data(), value.size()));
        return;
      }
    text_ += '"';
    text_ += value;
    text_ += '"';
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace parley::store
