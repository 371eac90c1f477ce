#include <api/api.hpp>
#include <api/route.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kSignIn{"SignIn",
                     {text("login").need().between(1, 200), text("password").need().between(1, 1000).multiline(),
                      truth("remember").says("keep the cookie when the browser closes")}};
const Schema kMyOrganisation{"MyOrganisation", {id("id").need(), text("name").need()}};
const Schema kMe{"Me",
                 {id("id").need().null(), text("login").need(), text("display_name").need(), text("role").need(),
                  texts("permissions").need(), object("organisation", kMyOrganisation).need().null()}};
const Schema kSignedIn{"SignedIn", {text("token").need(), time("expires_at").need(), object("user", kMe).need()}};

Answer sign_in(Request& request) { return request.api.sign_in(request); }

Answer sign_out(Request& request) {
  if (!request.caller.token.empty()) {
    if (auto done = request.audit("sign_out", "user", request.caller.user.id.text()); !done)
      return refuse(done.error());
    if (auto done = request.parts.store.sessions.revoke(request.caller.token); !done) return refuse(done.error());
    request.api.close_streams_of_token(request.caller.token);
  }
  return no_content().set("Set-Cookie", session_cookie("", std::chrono::seconds(0)));
}

Answer me(Request& request) { return ok(me_json(request.parts, request.caller)); }
}  // namespace

void add_session_routes(std::vector<Route>& out) {
  out.push_back({.method = "POST",
                 .path = "/v1/sign-in",
                 .permission = Permission::Nobody,
                 .summary = "Sign in; also sets the cookie parley_session",
                 .request = &kSignIn,
                 .response = &kSignedIn,
                 .handler = sign_in,
                 .query = {},
                 .body_limit = 4096});
  out.push_back({.method = "POST",
                 .path = "/v1/sign-out",
                 .summary = "End this sign-in",
                 .status = 204,
                 .handler = sign_out,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/me",
                 .summary = "Who is signed in, and what they may do",
                 .response = &kMe,
                 .handler = me,
                 .query = {}});
}

}  // namespace parley::api
