#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <base/result.hpp>
#include <insight/analysis.hpp>

namespace parley::insight {

/// Makes an analysis of a transcript. The embedded provider needs nobody; adapters for hosted models implement the same
/// interface. Thread: any, several calls at a time.
class AnalysisProvider {
 public:
  virtual ~AnalysisProvider() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "embedded/1"
  /// Errors: Unavailable (a hosted provider is away), Invalid (its answer breaks the schema or its evidence does not
  /// hold).
  [[nodiscard]] virtual Result<Analysis> analyse(const speech::Transcript& transcript) = 0;
};

/// Rules, lexicons and counting: deterministic, milliseconds, offline.
[[nodiscard]] std::unique_ptr<AnalysisProvider> make_embedded_provider();

}  // namespace parley::insight
