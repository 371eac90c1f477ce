#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <base/result.hpp>
#include <speech/models.hpp>

struct OrtValue;

/// The little of ONNX Runtime's C interface that the engines need. Its library is loaded at run time from the models'
/// folder, so that Parley starts, and says what is missing, without it. Private to speech/.
namespace parley::speech::onnx {

using Shape = std::vector<std::int64_t>;

/// A value of the runtime. The view_ functions wrap memory that must outlive the tensor; writing there changes the
/// tensor.
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(OrtValue* owned) : value_(owned) {}
  Tensor(Tensor&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Tensor& operator=(Tensor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Tensor();

  [[nodiscard]] static Result<Tensor> view_floats(std::span<float> data, const Shape& shape);
  [[nodiscard]] static Result<Tensor> view_integers(std::span<std::int64_t> data, const Shape& shape);
  [[nodiscard]] static Result<Tensor> view_flag(bool& flag);

  /// All elements; empty when the tensor holds none or is of another type.
  [[nodiscard]] std::span<const float> floats() const;
  [[nodiscard]] OrtValue* get() const { return value_; }

 private:
  OrtValue* value_ = nullptr;
};

/// A loaded model. One thread per session, which sleeps rather than spins. Thread: one at a time.
class Session {
 public:
  /// Errors: Unavailable (no library, or built without it), NotFound (no file), Corrupt (not a model).
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const ModelFolder& folder, std::string_view file);
  virtual ~Session() = default;

  [[nodiscard]] virtual const std::vector<std::string>& inputs() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& outputs() const = 0;
  /// The declared shape of an input; -1 where it varies.
  [[nodiscard]] virtual Result<Shape> input_shape(std::size_t index) const = 0;
  /// Every input in the model's order; gives every output in the model's order.
  [[nodiscard]] virtual Result<std::vector<Tensor>> run(std::span<const Tensor> inputs) = 0;
};

/// Whether sessions could be opened; loads nothing. Errors: Unavailable with the reason.
[[nodiscard]] Result<void> look(const ModelFolder& folder);

}  // namespace parley::speech::onnx
