#include "graph/compress_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/graph/fake_policy.h"

namespace pith {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Collects replies by the number in the request's id, and counts them: each must come exactly
/// once.
class Replies {
  template <class F>
  auto locked(F read) const {
    const std::lock_guard lock(mutex_);
    return read();
  }

 public:
  CompressGraph::OnReply on_reply() {
    return [this](const RequestId& id, Result<CompressReply> reply) {
      const std::lock_guard lock(mutex_);
      const int number = id.bytes[0] + 256 * id.bytes[1] + 65536 * id.bytes[2];
      ++times_[number];
      codes_[number] = reply ? 0 : static_cast<int>(reply.error().code);
      if (reply) last_ = std::move(*reply);
      order_.push_back(number);
    };
  }
  int times(int number) const {
    return locked([&] { return times_.contains(number) ? times_.at(number) : 0; });
  }
  /// 0: a reply; else the error's code; -1: nothing yet.
  int code(int number) const {
    return locked([&] { return codes_.contains(number) ? codes_.at(number) : -1; });
  }
  std::vector<int> order() const {
    return locked([&] { return order_; });
  }
  std::size_t size() const {
    return locked([&] { return order_.size(); });
  }
  CompressReply last() const {
    return locked([&] { return last_; });
  }

 private:
  mutable std::mutex mutex_;
  std::map<int, int> times_, codes_;
  std::vector<int> order_;
  CompressReply last_;
};

CompressJob job(int number, int num_words = 8, Priority priority = Priority::kLive) {
  auto request = std::make_shared<CompressRequest>();
  request->id.bytes[0] = static_cast<std::uint8_t>(number);
  request->id.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  request->id.bytes[2] = static_cast<std::uint8_t>(number >> 16);
  request->priority = priority;
  request->segments.push_back(
      {.text = prose("text" + std::string(1, static_cast<char>('a' + number % 26)), num_words),
       .kind = SegmentKind::kPlain,
       .query = {}});
  request->options.target_rate = 0.5F;
  return {
      .request = std::move(request), .deadline = Clock::time_point::max(), .cancelled = nullptr};
}

int code(ErrorCode code) { return static_cast<int>(code); }

class CompressGraphTest : public ::testing::Test {
 protected:
  std::unique_ptr<CompressGraph> graph(CompressLimits limits) {
    return std::make_unique<CompressGraph>(set_of({policy_, other_}), PITH_MODELS, limits,
                                           replies_.on_reply());
  }
  std::shared_ptr<FakePolicy> policy_ = std::make_shared<FakePolicy>("fake");
  std::shared_ptr<FakePolicy> other_ = std::make_shared<FakePolicy>("other");
  Replies replies_;
};

TEST_F(CompressGraphTest, CompressesWithTheLimitAndTheWorkersAtOne) {
  const auto graph = this->graph({.in_flight_max = 1, .workers = 1});
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(graph->try_put(job(i)));
    graph->drain();
    ASSERT_EQ(replies_.code(i), 0);
  }
  const CompressReply reply = replies_.last();
  EXPECT_EQ(reply.policy, policy_->id());
  EXPECT_EQ(reply.policy_name, "fake");
  ASSERT_EQ(reply.segments.size(), 1U);
  EXPECT_LT(reply.segments[0].compressed_tokens, reply.segments[0].origin_tokens);
  EXPECT_EQ(graph->counters().replied.load(), 50U);
  EXPECT_EQ(graph->counters().in_flight.load(), 0U);
}

TEST_F(CompressGraphTest, RefusesWhenFullAndGivesThePlaceBackBeforeTheReply) {
  policy_->close_gate();
  const auto graph = this->graph({.in_flight_max = 1, .workers = 1});
  ASSERT_TRUE(graph->try_put(job(1)));
  ASSERT_TRUE(policy_->wait_inside(1));
  EXPECT_FALSE(graph->try_put(job(2)));
  EXPECT_EQ(graph->counters().refused.load(), 1U);
  policy_->open_gate();
  graph->drain();
  EXPECT_TRUE(graph->try_put(job(3)));
  graph->drain();
  EXPECT_THAT(replies_.order(), ElementsAre(1, 3));
}

TEST_F(CompressGraphTest, BoundsTheBytesInside) {
  policy_->close_gate();
  const auto graph = this->graph({.bytes_in_flight_max = 1000, .workers = 1});
  ASSERT_TRUE(graph->try_put(job(1, 1000))) << "alone, a large one is let in";
  EXPECT_FALSE(graph->try_put(job(2)));
  policy_->open_gate();
  graph->drain();
  EXPECT_TRUE(graph->try_put(job(3)));
}

TEST_F(CompressGraphTest, ShadowPromptsGetHalfThePlacesAndGoLast) {
  policy_->close_gate();
  const auto graph = this->graph({.in_flight_max = 6, .workers = 1, .batch_requests_max = 1});
  ASSERT_TRUE(graph->try_put(job(1)));  // stands at the gate
  ASSERT_TRUE(policy_->wait_inside(1));
  EXPECT_TRUE(graph->try_put(job(2, 8, Priority::kShadow)));
  EXPECT_TRUE(graph->try_put(job(3, 8, Priority::kShadow)));
  EXPECT_FALSE(graph->try_put(job(4, 8, Priority::kShadow)));
  EXPECT_TRUE(graph->try_put(job(5)));
  EXPECT_TRUE(graph->try_put(job(6)));
  EXPECT_TRUE(graph->try_put(job(7)));
  EXPECT_FALSE(graph->try_put(job(8)));
  policy_->open_gate();
  graph->drain();
  const std::vector<int> order = replies_.order();
  ASSERT_EQ(order.size(), 6U);
  EXPECT_THAT(std::vector<int>(order.begin(), order.begin() + 4), UnorderedElementsAre(1, 5, 6, 7));
  EXPECT_THAT(std::vector<int>(order.begin() + 4, order.end()), UnorderedElementsAre(2, 3));
}

TEST_F(CompressGraphTest, BatchesWhatWaitsUpToTheTokenLimit) {
  policy_->close_gate();
  const auto graph = this->graph({.workers = 1, .batch_requests_max = 4, .batch_tokens_max = 100});
  ASSERT_TRUE(graph->try_put(job(0)));
  ASSERT_TRUE(policy_->wait_inside(1));
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(graph->try_put(job(i, 40)));
  ASSERT_TRUE(graph->try_put(job(5, 5000)));  // longer than a batch: goes alone
  policy_->open_gate();
  graph->drain();
  std::vector<std::size_t> sizes;
  for (const auto& batch : policy_->batches()) {
    sizes.push_back(batch.size());
    std::size_t words = 0;
    for (const std::string& text : batch) {
      words += 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
    }
    EXPECT_TRUE(words <= 100 || batch.size() == 1);
  }
  EXPECT_THAT(sizes, UnorderedElementsAre(1, 2, 2, 1));
  EXPECT_EQ(replies_.size(), 6U);
}

TEST_F(CompressGraphTest, ABatchHasOnePolicy) {
  policy_->close_gate();
  const auto graph = this->graph({.workers = 1});
  ASSERT_TRUE(graph->try_put(job(0)));
  ASSERT_TRUE(policy_->wait_inside(1));
  for (int i = 1; i <= 6; ++i) {
    CompressJob put = job(i);
    auto request = std::make_shared<CompressRequest>(*put.request);
    request->policy = i % 2 == 0 ? "other" : "fake";
    put.request = std::move(request);
    ASSERT_TRUE(graph->try_put(std::move(put)));
  }
  policy_->open_gate();
  graph->drain();
  EXPECT_EQ(replies_.size(), 7U);
  std::size_t others = 0;
  for (const auto& batch : other_->batches()) others += batch.size();
  EXPECT_EQ(others, 3U);
}

TEST_F(CompressGraphTest, ExpiredAndCancelledPromptsAreDroppedBeforeScoring) {
  policy_->close_gate();
  const auto graph = this->graph({.workers = 1});
  ASSERT_TRUE(graph->try_put(job(0)));
  ASSERT_TRUE(policy_->wait_inside(1));
  const auto flag = std::make_shared<std::atomic<bool>>(false);
  CompressJob expiring = job(1);
  expiring.deadline = Clock::now() + 20ms;
  CompressJob cancelled = job(2);
  cancelled.cancelled = flag;
  ASSERT_TRUE(graph->try_put(std::move(expiring)));
  ASSERT_TRUE(graph->try_put(std::move(cancelled)));
  ASSERT_TRUE(graph->try_put(job(3)));
  flag->store(true);
  std::this_thread::sleep_for(30ms);
  policy_->open_gate();
  graph->drain();
  EXPECT_EQ(replies_.code(1), code(ErrorCode::kDeadlineExceeded));
  EXPECT_EQ(replies_.code(2), code(ErrorCode::kCancelled));
  EXPECT_EQ(replies_.code(3), 0);
  for (const auto& batch : policy_->batches()) {
    for (const std::string& text : batch)
      EXPECT_FALSE(text.starts_with("textb") || text.starts_with("textc"));
  }
  EXPECT_EQ(graph->counters().expired.load(), 1U);
  EXPECT_EQ(graph->counters().cancelled.load(), 1U);
}

TEST_F(CompressGraphTest, ADeadlineInTheMiddleOfScoringEndsIt) {
  policy_->takes_ = 5s;
  const auto graph = this->graph({.workers = 1});
  CompressJob put = job(1);
  put.deadline = Clock::now() + 50ms;
  const auto before = Clock::now();
  ASSERT_TRUE(graph->try_put(std::move(put)));
  graph->drain();
  EXPECT_LT(Clock::now() - before, 2s);
  EXPECT_EQ(replies_.code(1), code(ErrorCode::kDeadlineExceeded));
}

TEST_F(CompressGraphTest, FailuresAreRepliesAndTheGraphGoesOn) {
  const auto graph = this->graph({.workers = 2});
  const auto expect_internal = [&](int number) {
    ASSERT_TRUE(graph->try_put(job(number)));
    graph->drain();
    EXPECT_EQ(replies_.code(number), code(ErrorCode::kInternal)) << number;
  };
  policy_->throws_ = true;
  expect_internal(1);
  policy_->throws_ = false;
  policy_->fails_ = true;
  expect_internal(2);
  policy_->fails_ = false;
  policy_->not_a_number_ = true;
  expect_internal(3);
  policy_->not_a_number_ = false;
  policy_->wrong_size_ = true;
  expect_internal(4);
  policy_->wrong_size_ = false;

  CompressJob unknown_policy = job(5);
  auto request = std::make_shared<CompressRequest>(*unknown_policy.request);
  request->policy = "nobody";
  unknown_policy.request = request;
  ASSERT_TRUE(graph->try_put(std::move(unknown_policy)));
  CompressJob unknown_reader = job(6);
  request = std::make_shared<CompressRequest>(*unknown_reader.request);
  request->options.reader = "nobody";
  unknown_reader.request = request;
  ASSERT_TRUE(graph->try_put(std::move(unknown_reader)));
  graph->drain();
  EXPECT_EQ(replies_.code(5), code(ErrorCode::kUnknownPolicy));
  EXPECT_EQ(replies_.code(6), code(ErrorCode::kInvalidArgument));

  ASSERT_TRUE(graph->try_put(job(7)));
  graph->drain();
  EXPECT_EQ(replies_.code(7), 0);
  EXPECT_EQ(graph->counters().failed.load(), 6U);
  EXPECT_EQ(graph->counters().in_flight.load(), 0U);
}

TEST_F(CompressGraphTest, ASwapOfPoliciesLeavesThoseInsideAlone) {
  policy_->close_gate();
  const auto graph = this->graph({.workers = 1});
  ASSERT_TRUE(graph->try_put(job(1)));
  ASSERT_TRUE(policy_->wait_inside(1));
  graph->swap_policies(set_of({other_}));
  ASSERT_TRUE(graph->try_put(job(2)));
  policy_->open_gate();
  graph->drain();
  EXPECT_EQ(policy_->batches().size(), 1U);
  EXPECT_EQ(other_->batches().size(), 1U);
  EXPECT_EQ(replies_.last().policy_name, "other");
}

TEST_F(CompressGraphTest, EveryAdmittedPromptGetsExactlyOneReplyUnderLoad) {
  policy_->takes_ = 100us;
  auto graph = this->graph({.in_flight_max = 32, .workers = 4});
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::atomic<int> admitted{0};
  std::vector<std::thread> putters;
  for (int t = 0; t < kThreads; ++t) {
    putters.emplace_back([&, t] {
      const auto flag = std::make_shared<std::atomic<bool>>(false);
      for (int i = 0; i < kEach; ++i) {
        CompressJob put =
            job(t * kEach + i, 8 + i % 50, i % 3 == 0 ? Priority::kShadow : Priority::kLive);
        if (i % 7 == 0) put.deadline = Clock::now() + 1ms;
        if (i % 11 == 0) put.cancelled = flag;
        if (i == kEach / 2) flag->store(true);
        while (!graph->try_put(put)) std::this_thread::sleep_for(100us);
        ++admitted;
      }
    });
  }
  for (std::thread& putter : putters) putter.join();
  graph.reset();  // with work inside: the destructor drains
  EXPECT_EQ(admitted.load(), kThreads * kEach);
  EXPECT_EQ(replies_.size(), static_cast<std::size_t>(kThreads * kEach));
  for (int i = 0; i < kThreads * kEach; ++i) ASSERT_EQ(replies_.times(i), 1) << i;
}

TEST_F(CompressGraphTest, IdleGraphsStartAndStopQuickly) {
  for (int i = 0; i < 20; ++i) graph({.workers = 2});
}

TEST_F(CompressGraphTest, TextsWithNothingToScoreNeedNoPolicyCall) {
  const auto graph = this->graph({.workers = 1});
  CompressJob put = job(1);
  auto request = std::make_shared<CompressRequest>(*put.request);
  request->options.prose = false;
  request->segments.push_back({.text = "", .kind = SegmentKind::kPlain, .query = {}});
  put.request = request;
  ASSERT_TRUE(graph->try_put(std::move(put)));
  graph->drain();
  EXPECT_EQ(replies_.code(1), 0);
  EXPECT_TRUE(policy_->batches().empty());
}

TEST_F(CompressGraphTest, CompressNowGivesWhatTheGraphGives) {
  const auto graph = this->graph({.workers = 2});
  const CompressJob put = job(1, 100);
  ASSERT_TRUE(graph->try_put(put));
  graph->drain();
  const auto now = compress_now(*graph->policies(), PITH_MODELS, *put.request);
  ASSERT_TRUE(now) << now.error().detail;
  EXPECT_EQ(now->segments[0].kept, replies_.last().segments[0].kept);
  EXPECT_EQ(now->policy, replies_.last().policy);
  CompressRequest unknown = *put.request;
  unknown.policy = "nobody";
  EXPECT_EQ(compress_now(*graph->policies(), PITH_MODELS, unknown).error().code,
            ErrorCode::kUnknownPolicy);
}

}  // namespace
}  // namespace pith
