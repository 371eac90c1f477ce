#include <benchmark/benchmark.h>

#include <api/api_fixture.hpp>

namespace parley::api {
namespace {

struct Office : ApiFixture {
  Office() {
    for (int i = 0; i < 50; ++i) store.extension(organisation, std::to_string(200 + i));
  }
  OrganisationId organisation = store.organisation("one.test");
  std::string bearer = token(user(organisation, "admin", store::Role::Administrator));
};

void Get(benchmark::State& state, const std::string& rest) {
  Office office;
  const auto path = rest.starts_with("/v1") ? rest : "/v1/organisations/" + office.organisation.text() + rest;
  for ([[maybe_unused]] auto _ : state) {
    if (office.call("GET", path, office.bearer).status != 200) state.SkipWithError("not 200");
  }
}
BENCHMARK_CAPTURE(Get, Me, std::string("/v1/me"));
BENCHMARK_CAPTURE(Get, FiftyExtensions, std::string("/extensions"));
BENCHMARK_CAPTURE(Get, CallsWithAudit, std::string("/calls"));

}  // namespace
}  // namespace parley::api
