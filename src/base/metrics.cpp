#include <array>
#include <atomic>
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

/// Each thread adds to a cell of its own (those beyond kCells share), so that reactors do not take a cache line from
/// each other with every message. Summed up when somebody asks.
constexpr std::size_t kCells = 8;

std::size_t cell_of_this_thread() {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t cell = threads.fetch_add(1, std::memory_order_relaxed) % kCells;
  return cell;
}

class CounterOf final : public Counter {
 public:
  explicit CounterOf(prometheus::Counter& it) : it_(it) {}
  void add(double by) override { cells_.at(cell_of_this_thread()).sum.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] double value() const override {
    double sum = 0;
    for (const auto& cell : cells_) sum += cell.sum.load(std::memory_order_relaxed);
    return sum;
  }
  /// Tells the registry what was added since the last time.
  void settle() { it_.Increment(value() - it_.Value()); }

 private:
  struct alignas(64) Cell {
    std::atomic<double> sum = 0;
  };
  prometheus::Counter& it_;
  std::array<Cell, kCells> cells_;
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
  std::map<void*, std::unique_ptr<CounterOf>> counters;
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

std::string expose() {
  tables().with([](Tables& all) {
    for (const auto& [key, counter] : all.counters) counter->settle();
  });
  return prometheus::TextSerializer().Serialize(registry().Collect());
}

}  // namespace parley::metrics
