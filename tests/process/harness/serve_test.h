// A test with a mock upstream and pith in front of it.
#pragma once

#include "tests/process/harness/pith_process.h"

namespace pith::process {

class ServeTest : public ::testing::Test {
 protected:
  /// Starts `pith serve` in front of mock(). Call once per test.
  PithServer& serve(const std::string& config = "", std::vector<std::string> arguments = {}) {
    pith_ = std::make_unique<PithServer>(PithServer::Setup{
        .upstream = mock().url(), .config = config, .arguments = std::move(arguments)});
    return *pith_;
  }
  MockUpstream& mock() {
    if (!mock_) mock_ = std::make_unique<MockUpstream>();
    return *mock_;
  }
  PithServer& pith() { return *pith_; }
  std::uint16_t port() const { return pith_->port(); }

  void TearDown() override {
    if (HasFailure() && pith_) {
      std::fprintf(stderr, "--- pith's log:\n%.4000s\n", pith_->child().errors().c_str());
    }
  }

 private:
  std::unique_ptr<MockUpstream> mock_;
  std::unique_ptr<PithServer> pith_;
};

}  // namespace pith::process
