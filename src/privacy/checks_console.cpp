#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <privacy/checks.hpp>

namespace parley::privacy {
namespace {

constexpr std::uint64_t kLargestFile = 32ULL * 1024 * 1024;

/// Hosts and names of trackers, and of networks that deliver other people's scripts and fonts.
constexpr std::string_view kTrackers[] = {"google-analytics.com",
                                          "googletagmanager.com",
                                          "doubleclick.net",
                                          "connect.facebook.net",
                                          "hotjar.com",
                                          "mixpanel.com",
                                          "segment.com",
                                          "segment.io",
                                          "sentry.io",
                                          "plausible.io",
                                          "matomo",
                                          "clarity.ms",
                                          "newrelic.com",
                                          "fullstory.com",
                                          "intercom.io",
                                          "cdn.jsdelivr.net",
                                          "unpkg.com",
                                          "cdnjs.cloudflare.com",
                                          "fonts.googleapis.com",
                                          "fonts.gstatic.com",
                                          "amplitude.com",
                                          "posthog.com"};
constexpr std::string_view kEssentialCookies[] = {"parley_session"};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Addresses in markup and style sheets that a browser loads by itself.
void check_loads(FindingBuilder& out, const std::string& name, const std::string& text, bool markup) {
  static const std::regex in_markup(R"((?:src|href|srcset|action|data|poster)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+))",
                                    std::regex::icase);
  static const std::regex in_style(R"((?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+))", std::regex::icase);
  const auto& pattern = markup ? in_markup : in_style;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    out.violated(name, "loads from a third party: " + (*at)[1].str().substr(0, 100));
  }
}

void check_policy(FindingBuilder& out, const std::string& policy) {
  if (policy.empty()) return out.violated("Content-Security-Policy", "is not sent");
  bool has_default = false;
  std::stringstream directives(lower(policy));
  for (std::string directive; std::getline(directives, directive, ';');) {
    std::stringstream tokens(directive);
    std::string name;
    tokens >> name;
    if (name == "default-src") has_default = true;
    if (!name.ends_with("-src") && name != "form-action" && name != "frame-ancestors" && name != "base-uri") continue;
    for (std::string source; tokens >> source;) {
      const bool inner = source == "'self'" || source == "'none'" || source == "data:" || source == "blob:" ||
                         source == "'wasm-unsafe-eval'" || source.starts_with("'sha256-") ||
                         source.starts_with("'nonce-");
      if (!inner) out.violated("Content-Security-Policy " + name, "allows " + source);
    }
  }
  if (!has_default) out.violated("Content-Security-Policy", "has no default-src");
}

void check_cookie(FindingBuilder& out, const std::string& cookie) {
  const std::string name = cookie.substr(0, cookie.find('='));
  const std::string attributes = lower(cookie);
  if (std::ranges::find(kEssentialCookies, name) == std::end(kEssentialCookies))
    out.violated("cookie " + name, "is not an essential one");
  for (const char* attribute : {"httponly", "secure", "samesite=strict"}) {
    if (attributes.find(attribute) == std::string::npos)
      out.violated("cookie " + name, std::string("lacks ") + attribute);
  }
}

}  // namespace

Result<Finding> check_console(const CheckContext& context) {
  FindingBuilder out;
  std::error_code error;
  const auto& folder = context.inputs.console_folder;
  if (folder.empty() || !std::filesystem::exists(folder / "index.html", error)) {
    out.not_checkable("the console is not installed, or its folder is not known");
    return out.finish();
  }
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_regular_file(error) || at->file_size(error) > kLargestFile) continue;
    const std::string extension = lower(at->path().extension().string());
    if (extension != ".html" && extension != ".js" && extension != ".mjs" && extension != ".css" &&
        extension != ".svg" && extension != ".json")
      continue;
    const std::string name = std::filesystem::relative(at->path(), folder, error).string();
    const std::string text = read(at->path());
    ++files;
    bytes += text.size();
    if (extension == ".html" || extension == ".svg") check_loads(out, name, text, true);
    if (extension == ".html" || extension == ".css") check_loads(out, name, text, false);
    const std::string lowered = lower(text);
    for (const auto tracker : kTrackers) {
      if (lowered.find(tracker) != std::string::npos)
        out.violated(name, "names the tracker or foreign network " + std::string(tracker));
    }
    if (lowered.find("document.cookie=") != std::string::npos ||
        lowered.find("document.cookie =") != std::string::npos) {
      out.violated(name, "sets a cookie by script");
    }
  }
  if (error) return fail(Errc::Io, "cannot list the console's folder: " + error.message());
  check_policy(out, context.inputs.content_security_policy);
  for (const auto& cookie : context.inputs.cookies) check_cookie(out, cookie);
  out.evidence("pages, scripts and styles read", files);
  out.evidence("bytes read", bytes);
  out.evidence("response policy", context.inputs.content_security_policy);
  out.evidence("cookies that the server can set", context.inputs.cookies.size());
  return out.finish();
}

}  // namespace parley::privacy
