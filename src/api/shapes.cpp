#include <api/shapes.hpp>

namespace parley::api::shapes {

const Schema kOrganisation{
    "Organisation",
    {id("id").need(), text("name").need(), text("sip_domain").need(), text("time_zone").need(),
     choice("media_encryption", {"off", "optional", "required"}).need(), time("created_at").need()}};

const Schema kCallParty{"CallParty", {text("number").need(), text("name").need(), id("extension").null()}};

namespace {
const Schema kRecordingSummary{
    "RecordingSummary",
    {choice("state", {"recording", "ready", "cut", "failed", "deleted"}).need(), number("seconds").need()}};
const std::vector<std::string_view> kWork{"none", "queued", "running", "ready", "failed"};
}  // namespace

const Schema kCallSummary{
    "CallSummary",
    {id("id").need(), choice("direction", {"inbound", "outbound", "internal"}).need(), time("started_at").need(),
     time("answered_at").need().null(), time("ended_at").need().null(), number("duration_s").need(),
     integer("billed_s").need(),
     choice("disposition", {"answered", "no_answer", "busy", "cancelled", "failed", "rejected"}).need(),
     choice("hangup_side", {"caller", "callee", "system"}).need().null(), text("hangup_cause").need(),
     object("caller", kCallParty).need(), object("callee", kCallParty).need(),
     object("recording", kRecordingSummary).need().null(), choice("transcript", kWork).need(),
     choice("analysis", kWork).need(), text("headline").need().null().says("one line of the analysis")}};

const Schema kReceipt{
    "Receipt",
    {id("id").need(), text("kind").need(), text("thing").need(), text("reason").need(), time("deleted_at").need(),
     text("deleted_by").need(), anything("counts").need().says("rows, files and keys that went, by kind"),
     anything("hashes").need().says("SHA-256 of what was there, by kind"), truth("verified").need(),
     text("document").need().between(0, 1 << 20).says("exactly as signed"), anything("signature").need()}};

const Schema kHold{"Hold",
                   {id("id").need(), id("call").need(), text("reason").need().between(1, 1000),
                    time("created_at").need(), text("created_by").need()}};

const Schema kDevice{"Device",
                     {id("id").need(), text("name").need(), text("sip_username").need(), truth("registered").need(),
                      choice("media_encryption", {"organisation", "off", "optional", "required"}).need()}};

const Schema kExtension{
    "Extension",
    {id("id").need(), text("number").need(), text("display_name").need(), text("email").need(), text("mobile").need(),
     text("site").need(), text("department").need(), text("caller_id").need(),
     choice("recording", {"off", "on"}).need(), integer("ring_timeout_s").need(), truth("enabled").need(),
     id("user").null().need(), list_of("devices", kDevice).need()}};

namespace {
const Schema kFieldChange{"FieldChange", {text("name").need(), anything("from"), anything("to")}};
}
const Schema kChange{"Change",
                     {choice("action", {"create", "update", "delete"}).need(), text("kind").need(), text("name").need(),
                      list_of("fields", kFieldChange).need(), text("organisation").need().says("its name")}};

}  // namespace parley::api::shapes
