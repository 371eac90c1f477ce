#pragma once
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Counters, gauges and histograms in Prometheus' text form. Make them once (look-up takes a lock) and keep the
/// reference; changing one is a single atomic operation, on a counter one that no other thread is in the way of.
/// Thread: any. Lifetime: the process. Labels never carry personal data.
namespace parley::metrics {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double by = 1) = 0;
  [[nodiscard]] virtual double value() const = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double by) = 0;
  [[nodiscard]] virtual double value() const = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

/// Names follow Prometheus: parley_sip_requests_total, unit in the name (_seconds, _bytes).
[[nodiscard]] Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
[[nodiscard]] Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
[[nodiscard]] Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                                   Labels labels = {});
/// Everything, in the text exposition format 0.0.4.
[[nodiscard]] std::string expose();

}  // namespace parley::metrics
