#pragma once
#include <store/calls.hpp>
#include <store/json.hpp>

/// The sealed parts of a call's record as JSON. Inside store and privacy only.
namespace parley::store {

[[nodiscard]] std::string summary_json(const CallRecord& call);  // parties, dialled number, cause: what lists show
[[nodiscard]] std::string detail_json(const CallRecord& call);   // legs and path
[[nodiscard]] Result<void> read_summary(CallRecord& call, std::string_view text);
[[nodiscard]] Result<void> read_detail(CallRecord& call, std::string_view text);
/// The whole record with its follow-up jobs: what the journal keeps.
[[nodiscard]] std::string closing_json(const CallRecord& call, const std::vector<NewJob>& jobs);
[[nodiscard]] Result<void> read_closing(CallRecord& call, std::vector<NewJob>& jobs, std::string_view text);

}  // namespace parley::store
