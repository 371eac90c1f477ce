#pragma once
#include <api/schema.hpp>

/// The shapes that more than one resource uses.
namespace parley::api::shapes {

extern const Schema kOrganisation;
extern const Schema kCallSummary;
extern const Schema kCallParty;
extern const Schema kReceipt;
extern const Schema kHold;
extern const Schema kDevice;
extern const Schema kExtension;
extern const Schema kChange;

}  // namespace parley::api::shapes
