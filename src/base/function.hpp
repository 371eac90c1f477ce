#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <base/assert.hpp>

namespace parley {

/// A callable that is moved, never copied, so that it may own what it captures (std::move_only_function, which
/// libstdc++ 12 lacks). Callables of up to 48 bytes live inside; larger ones on the heap.
/// Thread: as the callable. Calling an empty one is our bug and stops the program.
template <class Signature>
class UniqueFunction;

template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() noexcept = default;
  UniqueFunction(std::nullptr_t) noexcept {}  // NOLINT: an empty function is written nullptr
  template <class F, class D = std::decay_t<F>>
    requires(!std::is_same_v<D, UniqueFunction> && std::is_invocable_r_v<R, D&, Args...>)
  UniqueFunction(F&& callable) {  // NOLINT: converts, as std::function does
    if constexpr (fits<D>()) {
      new (storage()) D(std::forward<F>(callable));
    } else {
      new (storage()) D*(new D(std::forward<F>(callable)));
    }
    table_ = &kTable<D>;
  }
  UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  UniqueFunction(const UniqueFunction&) = delete;
  UniqueFunction& operator=(const UniqueFunction&) = delete;
  ~UniqueFunction() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }
  R operator()(Args... args) {  // NOLINT(performance-unnecessary-value-param): by value where the signature says so
    PARLEY_ASSERT(table_ != nullptr);
    return table_->call(storage(), std::forward<Args>(args)...);
  }

 private:
  struct Table {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;  // leaves `from` destroyed
    void (*destroy)(void*) noexcept;
  };
  static constexpr std::size_t kInside = 48;
  template <class D>
  static constexpr bool fits() {
    return sizeof(D) <= kInside && alignof(D) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<D>;
  }
  template <class D>
  static D& object(void* place) noexcept {
    if constexpr (fits<D>()) {
      return *std::launder(static_cast<D*>(place));
    } else {
      return **std::launder(static_cast<D**>(place));
    }
  }
  template <class D>
  static constexpr Table kTable{
      [](void* place, Args&&... args) -> R { return object<D>(place)(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept {
        if constexpr (fits<D>()) {
          new (to) D(std::move(object<D>(from)));
          object<D>(from).~D();
        } else {
          new (to) D*(&object<D>(from));
        }
      },
      [](void* place) noexcept {
        if constexpr (fits<D>()) {
          object<D>(place).~D();
        } else {
          delete &object<D>(place);
        }
      }};

  void* storage() noexcept { return static_cast<void*>(storage_); }
  void take(UniqueFunction& other) noexcept {
    if (other.table_ == nullptr) return;
    other.table_->move(other.storage(), storage());
    table_ = std::exchange(other.table_, nullptr);
  }
  void reset() noexcept {
    if (const Table* table = std::exchange(table_, nullptr)) table->destroy(storage());
  }

  alignas(std::max_align_t) std::byte storage_[kInside];
  const Table* table_ = nullptr;
};

}  // namespace parley
