#pragma once
#include <span>
#include <string>
#include <string_view>

#include <privacy/prove.hpp>

/// The checks of `prove`. Inside privacy only.
namespace parley::privacy {

struct CheckContext {
  store::Store& store;
  const ProveInputs& inputs;
  OrganisationId organisation;
  WallTime now{};
};

/// Collects evidence; the first breach turns the verdict.
class FindingBuilder {
 public:
  void evidence(std::string what, std::string value) {
    finding_.evidence.push_back({std::move(what), std::move(value)});
  }
  void evidence(std::string what, std::uint64_t value) { evidence(std::move(what), std::to_string(value)); }
  void violated(std::string what, std::string reason);
  /// Allowed, and why: a legal hold, a thing still being written.
  void excused(std::string what, const std::string& reason);
  void not_checkable(std::string reason);
  [[nodiscard]] Finding finish();

 private:
  static constexpr std::size_t kMaxExceptions = 50;
  void except(std::string what, std::string reason);
  Finding finding_;
  std::size_t broken_ = 0;
  std::size_t left_out_ = 0;
  bool checkable_ = true;
};

struct Check {
  std::string_view id;
  std::string_view title;  // the promise's words
  Result<Finding> (*run)(const CheckContext&);
};

Result<Finding> check_call_records(const CheckContext& context);     // PBX-3
Result<Finding> check_recordings(const CheckContext& context);       // PBX-4
Result<Finding> check_retention(const CheckContext& context);        // RET-3
Result<Finding> check_erasure_by_hand(const CheckContext& context);  // RET-9
Result<Finding> check_holds(const CheckContext& context);            // RET-10
Result<Finding> check_receipts(const CheckContext& context);         // RET-11
Result<Finding> check_sealing(const CheckContext& context);          // SEC-1
Result<Finding> check_audit(const CheckContext& context);            // SEC-5
Result<Finding> check_console(const CheckContext& context);          // SEC-8

[[nodiscard]] std::span<const Check> all_checks();

}  // namespace parley::privacy
