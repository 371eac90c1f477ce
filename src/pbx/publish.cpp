#include <base/metrics.hpp>
#include <pbx/event_subscription.hpp>
#include <pbx/publish.hpp>
#include <sip/builder.hpp>
#include <sip/event_headers.hpp>

namespace parley::pbx {
namespace {

constexpr std::string_view kPublishedEvents = "Allow-Events: presence";

bool is_pidf(const sip::Message& publish) {
  const auto type = sip::parse_media_type(publish.value(sip::Header::ContentType).value_or(""));
  return type && type->is("application", "pidf+xml") && !publish.has(sip::Header::ContentEncoding);
}

}  // namespace

sip::Outgoing serve_publish(Shared& shared, const sip::Message& publish, const Identity& who, std::string_view to_tag,
                            TimePoint now) {
  static auto& published = metrics::counter("parley_sip_publications_total", "PUBLISHs served", {{"result", "ok"}});
  static auto& refused = metrics::counter("parley_sip_publications_total", "PUBLISHs served", {{"result", "refused"}});
  const auto refuse = [&](unsigned status, std::string_view line = {}) {
    refused.add();
    sip::ResponseBuilder response(publish, status, to_tag);
    response.header_line(line);
    return std::move(response).finish();
  };
  const auto& uri = publish.request_uri();
  const auto* whose = uri.is_sip() && who.directory->domain(uri.host) == who.organisation
                          ? who.organisation->extension_of_user(uri.user_text())
                          : nullptr;
  if (!whose) return refuse(404);
  if (whose != who.extension) return refuse(403);
  const auto event = sip::parse_event(publish.value(sip::Header::Event).value_or(""));
  if (!event || find_package(event->type) != &rule_of(EventPackage::Presence)) return refuse(489, kPublishedEvents);
  const auto request = sip::read_publish(publish, event_lifetimes(shared.options));
  if (!request) return refuse(request.error().status, request.error().header_line);
  sip::Presence content;
  if (request->kind == sip::PublishKind::Initial || request->kind == sip::PublishKind::Modify) {
    if (!is_pidf(publish)) return refuse(415, "Accept: application/pidf+xml");
    auto read = sip::parse_pidf(publish.body());
    if (!read) return refuse(read.error() == sip::PidfErrc::TooLarge ? 413 : 400);
    content = std::move(*read);
  }
  const auto etag = shared.publications.apply(who.extension->id, *request, std::move(content), now, shared.random);
  if (!etag) return refuse(412);
  published.add();
  announce(shared, who.extension->id, {EventPackage::Presence});
  sip::ResponseBuilder response(publish, 200, to_tag);
  response.header(sip::Header::SipEtag, *etag).header(sip::Header::Expires, std::to_string(request->granted.count()));
  return std::move(response).finish();
}

}  // namespace parley::pbx
