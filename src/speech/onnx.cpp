#include <fmt/format.h>

#include <speech/onnx.hpp>
#include <speech/runtime_library.hpp>

#if PARLEY_WITH_ONNX
#include <mutex>

#include <dlfcn.h>
#include <onnxruntime_c_api.h>

namespace parley::speech::onnx {
namespace {

/// The loaded library with its one environment; never unloaded, because sessions may live until the process ends.
struct Library {
  const OrtApi* api = nullptr;
  OrtEnv* environment = nullptr;
  OrtMemoryInfo* memory = nullptr;
  std::string failure;
};

Library library;  // NOLINT: written once under the flag below
std::mutex library_mutex;

Result<void> check(OrtStatus* status, Errc code) {
  if (status == nullptr) return {};
  std::string text = library.api->GetErrorMessage(status);
  library.api->ReleaseStatus(status);
  return fail(code, "ONNX Runtime: " + text);
}

void open_library(const ModelFolder& folder) {
  const std::string path = folder.file(kRuntimeFile);
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) handle = dlopen(kRuntimeName, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    library.failure = fmt::format("ONNX Runtime cannot be loaded ({}); tools/fetch-speech brings it",
                                  reason != nullptr ? reason : "no reason given");
    return;
  }
  void* symbol = dlsym(handle, "OrtGetApiBase");
  const auto* base = symbol == nullptr ? nullptr : reinterpret_cast<const OrtApiBase* (*)()>(symbol)();
  const OrtApi* api = base == nullptr ? nullptr : base->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    library.failure = fmt::format("{} does not serve version {} of the interface", path, ORT_API_VERSION);
    return;
  }
  library.api = api;
  auto made = check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "parley", &library.environment), Errc::Unavailable);
  if (made)
    made = check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &library.memory), Errc::Unavailable);
  if (!made) {
    library.failure = made.error().text;
    library.api = nullptr;
  }
}

Result<Tensor> view(void* data, std::size_t bytes, const Shape& shape, ONNXTensorElementDataType type) {
  OrtValue* value = nullptr;
  if (auto made = check(library.api->CreateTensorWithDataAsOrtValue(library.memory, data, bytes, shape.data(),
                                                                    shape.size(), type, &value),
                        Errc::Internal);
      !made)
    return std::unexpected(made.error());
  return Tensor{value};
}

class LoadedSession final : public Session {
 public:
  LoadedSession() = default;
  LoadedSession(const LoadedSession&) = delete;
  LoadedSession& operator=(const LoadedSession&) = delete;
  ~LoadedSession() override {
    if (session_ != nullptr) library.api->ReleaseSession(session_);
  }

  Result<void> load(const std::string& path) {
    OrtSessionOptions* options = nullptr;
    if (auto made = check(library.api->CreateSessionOptions(&options), Errc::Internal); !made) return made;
    const std::unique_ptr<OrtSessionOptions, void (*)(OrtSessionOptions*)> owner(
        options, [](OrtSessionOptions* old) { library.api->ReleaseSessionOptions(old); });
    for (OrtStatus* status :
         {library.api->SetIntraOpNumThreads(options, 1), library.api->SetInterOpNumThreads(options, 1),
          library.api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL),
          library.api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"),
          library.api->AddSessionConfigEntry(options, "session.inter_op.allow_spinning", "0")})
      if (auto set = check(status, Errc::Internal); !set) return set;
    if (auto made =
            check(library.api->CreateSession(library.environment, path.c_str(), options, &session_), Errc::Corrupt);
        !made)
      return made;
    return read_names();
  }

  [[nodiscard]] const std::vector<std::string>& inputs() const override { return inputs_; }
  [[nodiscard]] const std::vector<std::string>& outputs() const override { return outputs_; }

  [[nodiscard]] Result<Shape> input_shape(std::size_t index) const override {
    OrtTypeInfo* type = nullptr;
    if (auto got = check(library.api->SessionGetInputTypeInfo(session_, index, &type), Errc::Corrupt); !got)
      return std::unexpected(got.error());
    const std::unique_ptr<OrtTypeInfo, void (*)(OrtTypeInfo*)> owner(
        type, [](OrtTypeInfo* old) { library.api->ReleaseTypeInfo(old); });
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;
    std::size_t count = 0;
    if (auto got = check(library.api->CastTypeInfoToTensorInfo(type, &tensor), Errc::Corrupt); !got)
      return std::unexpected(got.error());
    if (tensor == nullptr) return fail(Errc::Corrupt, "an input of the model is not a tensor");
    if (auto got = check(library.api->GetDimensionsCount(tensor, &count), Errc::Corrupt); !got)
      return std::unexpected(got.error());
    Shape shape(count);
    if (auto got = check(library.api->GetDimensions(tensor, shape.data(), count), Errc::Corrupt); !got)
      return std::unexpected(got.error());
    return shape;
  }

  [[nodiscard]] Result<std::vector<Tensor>> run(std::span<const Tensor> inputs) override {
    if (inputs.size() != inputs_.size()) return fail(Errc::Internal, "a model was run with the wrong count of inputs");
    std::vector<const OrtValue*> values;
    values.reserve(inputs.size());
    for (const Tensor& input : inputs) values.push_back(input.get());
    std::vector<OrtValue*> results(outputs_.size(), nullptr);
    if (auto ran = check(library.api->Run(session_, nullptr, input_names_.data(), values.data(), values.size(),
                                          output_names_.data(), output_names_.size(), results.data()),
                         Errc::Internal);
        !ran)
      return std::unexpected(ran.error());
    std::vector<Tensor> out;
    out.reserve(results.size());
    for (OrtValue* result : results) out.emplace_back(result);
    return out;
  }

 private:
  Result<void> read_names() {
    OrtAllocator* allocator = nullptr;
    std::size_t input_count = 0;
    std::size_t output_count = 0;
    for (OrtStatus* status : {library.api->GetAllocatorWithDefaultOptions(&allocator),
                              library.api->SessionGetInputCount(session_, &input_count),
                              library.api->SessionGetOutputCount(session_, &output_count)})
      if (auto got = check(status, Errc::Corrupt); !got) return got;
    const auto read = [&](auto getter, std::size_t count, std::vector<std::string>& names) -> Result<void> {
      for (std::size_t index = 0; index < count; ++index) {
        char* name = nullptr;
        if (auto got = check(getter(session_, index, allocator, &name), Errc::Corrupt); !got) return got;
        names.emplace_back(name);
        if (auto freed = check(library.api->AllocatorFree(allocator, name), Errc::Internal); !freed) return freed;
      }
      return {};
    };
    if (auto got = read(library.api->SessionGetInputName, input_count, inputs_); !got) return got;
    if (auto got = read(library.api->SessionGetOutputName, output_count, outputs_); !got) return got;
    for (const auto& name : inputs_) input_names_.push_back(name.c_str());
    for (const auto& name : outputs_) output_names_.push_back(name.c_str());
    return {};
  }

  OrtSession* session_ = nullptr;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
  std::vector<const char*> input_names_;
  std::vector<const char*> output_names_;
};

Result<void> load_library(const ModelFolder& folder) {
  const std::lock_guard lock(library_mutex);
  if (library.api == nullptr) open_library(folder);
  if (library.api == nullptr) return fail(Errc::Unavailable, library.failure);
  return {};
}

}  // namespace

Result<void> look(const ModelFolder& folder) { return look_for_runtime(folder); }

Tensor::~Tensor() {
  if (value_ != nullptr) library.api->ReleaseValue(value_);
}

Result<Tensor> Tensor::view_floats(std::span<float> data, const Shape& shape) {
  static float nothing = 0;  // an empty tensor still wants an address
  return view(data.empty() ? &nothing : data.data(), data.size_bytes(), shape, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
}
Result<Tensor> Tensor::view_integers(std::span<std::int64_t> data, const Shape& shape) {
  return view(data.data(), data.size_bytes(), shape, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64);
}
Result<Tensor> Tensor::view_flag(bool& flag) {
  return view(&flag, sizeof flag, {1}, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL);
}

std::span<const float> Tensor::floats() const {
  if (value_ == nullptr) return {};
  OrtTensorTypeAndShapeInfo* info = nullptr;
  if (!check(library.api->GetTensorTypeAndShape(value_, &info), Errc::Internal)) return {};
  const std::unique_ptr<OrtTensorTypeAndShapeInfo, void (*)(OrtTensorTypeAndShapeInfo*)> owner(
      info, [](OrtTensorTypeAndShapeInfo* old) { library.api->ReleaseTensorTypeAndShapeInfo(old); });
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::size_t count = 0;
  void* data = nullptr;
  if (!check(library.api->GetTensorElementType(info, &type), Errc::Internal) ||
      type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
    return {};
  if (!check(library.api->GetTensorShapeElementCount(info, &count), Errc::Internal) || count == 0) return {};
  if (!check(library.api->GetTensorMutableData(value_, &data), Errc::Internal)) return {};
  return {static_cast<const float*>(data), count};
}

Result<std::unique_ptr<Session>> Session::open(const ModelFolder& folder, std::string_view file) {
  if (auto loaded = load_library(folder); !loaded) return std::unexpected(loaded.error());
  if (!folder.has(file))
    return fail(Errc::NotFound, fmt::format("{} is missing; tools/fetch-speech brings it", folder.file(file)));
  auto session = std::make_unique<LoadedSession>();
  if (auto loaded = session->load(folder.file(file)); !loaded) return std::unexpected(loaded.error());
  return session;
}

}  // namespace parley::speech::onnx

#else

namespace parley::speech::onnx {

Result<void> look(const ModelFolder&) {
  return fail(
      Errc::Unavailable,
      "this build has no neural speech engines: their headers were missing; run tools/fetch-speech and build again");
}
Tensor::~Tensor() = default;
Result<Tensor> Tensor::view_floats(std::span<float>, const Shape&) {
  return fail(Errc::Unavailable, "no ONNX Runtime");
}
Result<Tensor> Tensor::view_integers(std::span<std::int64_t>, const Shape&) {
  return fail(Errc::Unavailable, "no ONNX Runtime");
}
Result<Tensor> Tensor::view_flag(bool&) { return fail(Errc::Unavailable, "no ONNX Runtime"); }
std::span<const float> Tensor::floats() const { return {}; }
Result<std::unique_ptr<Session>> Session::open(const ModelFolder& folder, std::string_view) {
  return std::unexpected(look(folder).error());
}

}  // namespace parley::speech::onnx
#endif
