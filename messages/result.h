// How functions of Pith report what the outside did wrong.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace pith {

/// Why a request failed. On the wire: append, never renumber.
enum class ErrorCode : std::uint8_t {
  kMalformedMessage = 1,   ///< Not a verified FlatBuffer of the expected type, or its meaning is wrong.
  kPromptTooLong = 2,      ///< Longer than the policy or the message limits allow.
  kOverloaded = 3,         ///< The admission limit is reached; safe to retry.
  kDeadlineExceeded = 4,   ///< The request's deadline passed before the work was done.
  kCancelled = 5,          ///< The client is gone.
  kUnavailable = 6,        ///< No compressor answers.
  kUnknownPolicy = 7,      ///< The wanted policy is not loaded.
  kInvalidArgument = 8,    ///< A value the caller gave is out of range.
  kNotEditable = 9,        ///< The body is valid for someone, but Pith must not edit it.
  kFileUnreadable = 10,    ///< A file is missing, cut short or not what its name says.
  kStorageFailed = 11,     ///< The database refused (disk full, locked, corrupt).
  kInternal = 12,          ///< A bug on the other side of a socket.
};

/// Stable lower-case name, for logs, headers and metrics labels: "deadline_exceeded".
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string detail;  ///< What, then values; never prompt text or keys.
};

/// A T, or the Error that prevented it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}   // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
  Result(ErrorCode code, std::string detail) : Result(Error{code, std::move(detail)}) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  T& value() {
    assert(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

/// For functions that give nothing but success: `return Done{};`
struct Done {};

}  // namespace pith
