#pragma once
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <base/assert.hpp>

/// Coroutines for call apps: what a caller hears, written top to bottom.
///   CallApp echo(CallLeg& leg) { co_await leg.play(greeting); leg.loop_back(); }
/// Thread: one reactor's; nothing here locks. Lifetime: the Call owns its CallApp; when the call ends the CallApp is
/// destroyed wherever it waits, and a value that comes afterwards is dropped. So no step runs on a call that is gone.
namespace parley::pbx {

/// A value that comes later, once. Copies share it; the producer keeps one and resolves it, the app awaits another.
template <class T>
class Pending {
  struct State {
    std::optional<T> value;
    std::coroutine_handle<> waiter;
  };

 public:
  Pending() : state_(std::make_shared<State>()) {}
  [[nodiscard]] static Pending ready(T value) {
    Pending pending;
    pending.state_->value = std::move(value);
    return pending;
  }

  /// The first value counts. Resumes the waiter at once, inside this call.
  void resolve(T value) const {
    const auto state = state_;
    if (state->value) return;
    state->value = std::move(value);
    if (auto waiter = std::exchange(state->waiter, nullptr)) waiter.resume();
  }
  [[nodiscard]] bool resolved() const noexcept { return state_->value.has_value(); }

  struct Awaiter {
    std::shared_ptr<State> state;
    explicit Awaiter(std::shared_ptr<State> from) : state(std::move(from)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (state) state->waiter = nullptr;  // the app was destroyed while waiting
    }
    [[nodiscard]] bool await_ready() const noexcept { return state->value.has_value(); }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      PARLEY_ASSERT(!state->waiter);  // one waiter only
      state->waiter = waiter;
    }
    T await_resume() { return *state->value; }
  };
  [[nodiscard]] Awaiter operator co_await() const { return Awaiter{state_}; }

 private:
  std::shared_ptr<State> state_;
};

/// A running call app. Starts at once, runs to its first wait. Destroying it stops it there.
class CallApp {
 public:
  struct promise_type {
    CallApp get_return_object() { return CallApp{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
  CallApp() = default;
  CallApp(CallApp&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  CallApp& operator=(CallApp&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~CallApp() {
    if (handle_) handle_.destroy();
  }
  [[nodiscard]] bool running() const noexcept { return handle_ && !handle_.done(); }

 private:
  explicit CallApp(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace parley::pbx
