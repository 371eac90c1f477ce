#pragma once
#include <api/route.hpp>
#include <store/calls.hpp>
#include <store/receipts.hpp>

namespace parley::api {

/// The call's summary if the caller may see it; NotFound otherwise, also for another organisation's id and for users
/// whose extensions took no part.
[[nodiscard]] std::expected<store::CallSummary, Refusal> visible_call(const Request& request);
[[nodiscard]] json::object receipt_json(const store::Receipt& receipt);

}  // namespace parley::api
