// While `pith serve` is not wired in, these tests say so instead of failing.
#include <gtest/gtest.h>

#include "tests/process/harness/pith_process.h"

namespace pith::process {
namespace {

class NeedsServe : public testing::Environment {
  void SetUp() override {
    if (run_program({{pith_program(), "serve", "--help"}, {}, {}}).status != 0)
      GTEST_SKIP() << "pith serve is not built in yet";
  }
};
const auto* const kNeedsServe = testing::AddGlobalTestEnvironment(new NeedsServe);

}  // namespace
}  // namespace pith::process
