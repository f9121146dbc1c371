// A stand-in for an LLM API, so that `pith serve` can be tried with no key and no network. It
// answers in every format that Pith edits, streams when asked to, and says in its answer that it is
// not a language model.
#pragma once

#include <cstdint>
#include <memory>

#include "messages/result.h"

namespace pith {

class DemoUpstream {
 public:
  /// Listens on a free port of 127.0.0.1, one thread a connection. Errors: kUnavailable.
  static Result<std::unique_ptr<DemoUpstream>> start();
  ~DemoUpstream();
  std::uint16_t port() const;

 private:
  class Impl;
  explicit DemoUpstream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
