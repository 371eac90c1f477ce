#include <map>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <base/guarded.hpp>
#include <base/metrics.hpp>

namespace parley::metrics {
namespace {

class CounterOf final : public Counter {
 public:
  explicit CounterOf(prometheus::Counter& it) : it_(it) {}
  void add(double by) override { it_.Increment(by); }
  [[nodiscard]] double value() const override { return it_.Value(); }

 private:
  prometheus::Counter& it_;
};

class GaugeOf final : public Gauge {
 public:
  explicit GaugeOf(prometheus::Gauge& it) : it_(it) {}
  void set(double value) override { it_.Set(value); }
  void add(double by) override { it_.Increment(by); }
  [[nodiscard]] double value() const override { return it_.Value(); }

 private:
  prometheus::Gauge& it_;
};

class HistogramOf final : public Histogram {
 public:
  explicit HistogramOf(prometheus::Histogram& it) : it_(it) {}
  void observe(double value) override { it_.Observe(value); }

 private:
  prometheus::Histogram& it_;
};

struct Tables {
  std::map<void*, std::unique_ptr<Counter>> counters;
  std::map<void*, std::unique_ptr<Gauge>> gauges;
  std::map<void*, std::unique_ptr<Histogram>> histograms;
};

prometheus::Registry& registry() {
  static prometheus::Registry all;
  return all;
}

Guarded<Tables>& tables() {
  static Guarded<Tables> all;
  return all;
}

prometheus::Labels own(Labels labels) {
  prometheus::Labels out;
  for (const auto& [name, value] : labels) out.emplace(name, value);
  return out;
}

}  // namespace

Counter& counter(std::string_view name, std::string_view help, Labels labels) {
  auto& it =
      prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(registry()).Add(own(labels));
  return tables().with([&](Tables& all) -> Counter& {
    auto& slot = all.counters[&it];
    if (!slot) slot = std::make_unique<CounterOf>(it);
    return *slot;
  });
}

Gauge& gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& it =
      prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(registry()).Add(own(labels));
  return tables().with([&](Tables& all) -> Gauge& {
    auto& slot = all.gauges[&it];
    if (!slot) slot = std::make_unique<GaugeOf>(it);
    return *slot;
  });
}

Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds, Labels labels) {
  auto& it = prometheus::BuildHistogram()
                 .Name(std::string(name))
                 .Help(std::string(help))
                 .Register(registry())
                 .Add(own(labels), bounds);
  return tables().with([&](Tables& all) -> Histogram& {
    auto& slot = all.histograms[&it];
    if (!slot) slot = std::make_unique<HistogramOf>(it);
    return *slot;
  });
}

std::string expose() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace parley::metrics
