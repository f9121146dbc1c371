#include "apps/proxy/request_editor.h"

#include "tests/apps/proxy/editor_fixture.h"

namespace pith {
namespace {

using namespace std::chrono_literals;
using RequestEditorTest = EditorTest;

const std::string kOne = prose("one", 700);
const std::string kTwo = prose("two", 700);

/// Where `text` stands in `chat({text, ...})`, what was sent there instead.
std::string first_sent(const std::string& sent) {
  const std::string mark = R"("tool_call_id":"c","content":")";
  const auto from = sent.find(mark) + mark.size();
  return sent.substr(from, sent.find('"', from) - from);
}

TEST_F(RequestEditorTest, CompressesOnceAndReplaysAcrossTurnsAndRestarts) {
  const Edited first = edit(chat({kOne}));
  EXPECT_EQ(first.status(), "compressed");
  const std::string form = first_sent(first.sent);
  EXPECT_LT(form.size(), kOne.size() * 3 / 4);
  EXPECT_FALSE(form.empty());

  const Edited second = edit(chat({kOne, kTwo}), {{"x-pith-rate", "0.7"}});
  EXPECT_EQ(first_sent(second.sent), form);
  EXPECT_EQ(second.status(), "compressed");

  stop();
  start();
  const Edited third = edit(chat({kOne, kTwo}));
  EXPECT_EQ(third.status(), "reuse");
  EXPECT_EQ(third.sent, second.sent);
}

TEST_F(RequestEditorTest, ModeOfALaterRequestChangesNothingThatWasSent) {
  const Edited first = edit(chat({kOne}));
  for (const char* mode : {"off", "observe", "on"}) {
    const Edited later = edit(chat({kOne}), {{"x-pith-mode", mode}});
    EXPECT_EQ(later.sent, first.sent) << mode;
    EXPECT_EQ(later.status(), "reuse") << mode;
  }
  Config off = config_;
  off.mode = Mode::kObserve;
  use(off);
  EXPECT_EQ(edit(chat({kOne})).sent, first.sent);
}

TEST_F(RequestEditorTest, RawOfModeOffOrObserveStaysRaw) {
  const HeaderList off{{"x-pith-mode", "off"}, {"x-pith-conversation", "a"}};
  EXPECT_EQ(edit(chat({kOne}), off).status(), "off");
  EXPECT_EQ(edit(chat({kOne}), {{"x-pith-conversation", "a"}}).sent, chat({kOne}));
  const HeaderList observe{{"x-pith-mode", "observe"}, {"x-pith-conversation", "b"}};
  const Edited observed = edit(chat({kOne}), observe);
  EXPECT_EQ(observed.status(), "observe");
  EXPECT_EQ(observed.sent, chat({kOne}));
  EXPECT_LT(std::stoul(std::string(observed.header("x-pith-tokens-after"))),
            std::stoul(std::string(observed.header("x-pith-tokens-before"))));
  EXPECT_EQ(edit(chat({kOne}), {{"x-pith-conversation", "b"}}).sent, chat({kOne}));
}

TEST_F(RequestEditorTest, MalformedHeaderChangesNothingThatWasSent) {
  const Edited first = edit(chat({kOne}));
  const Edited wrong = edit(chat({kOne, kTwo}), {{"x-pith-rate", "seven"}});
  EXPECT_EQ(wrong.status(), "bypass:bad_header");
  EXPECT_EQ(first_sent(wrong.sent), first_sent(first.sent)) << "what was sent stays sent";
  EXPECT_NE(wrong.sent.find(kTwo), std::string::npos) << "what is new goes as it is";
  EXPECT_EQ(edit(chat({kOne, kTwo})).sent, wrong.sent) << "and stays so";
}

TEST_F(RequestEditorTest, RequestsAtTheSameTimeAgreeOnOneForm) {
  policy_->close_gate();
  auto first = begin(request(chat({kOne}), {{"x-pith-rate", "0.5"}}));
  auto second = begin(request(chat({kOne}), {{"x-pith-rate", "0.8"}}));
  ASSERT_TRUE(policy_->wait_inside(1));
  policy_->open_gate();
  ASSERT_EQ(first.wait_for(10s), std::future_status::ready);
  ASSERT_EQ(second.wait_for(10s), std::future_status::ready);
  const std::string sent = first.get().sent;
  EXPECT_EQ(second.get().sent, sent);
  EXPECT_EQ(edit(chat({kOne})).sent, sent);
}

TEST_F(RequestEditorTest, SameTextTwiceInARequestHasOneForm) {
  const Edited edited = edit(chat({kOne, kOne}));
  const std::string form = first_sent(edited.sent);
  EXPECT_EQ(edited.sent, chat({form, form}));
  ASSERT_EQ(policy_->batches().size(), 1U);
  EXPECT_EQ(policy_->batches()[0].size(), 1U) << "asked once";
}

TEST_F(RequestEditorTest, LateCompressorMeansRawForEver) {
  Config config = config_;
  config.deadline_ms = 50;
  use(config);
  policy_->close_gate();
  EXPECT_EQ(edit(chat({kOne})).status(), "bypass:deadline_exceeded");
  policy_->open_gate();
  config.deadline_ms = 5000;
  use(config);
  const Edited later = edit(chat({kOne}));
  EXPECT_EQ(later.sent, chat({kOne}));
  EXPECT_EQ(later.status(), "unchanged");
}

TEST_F(RequestEditorTest, DeadlineCountsFromTheWholeBodyNotFromItsFirstByte) {
  auto asked = request(chat({kOne}));
  asked->received_at -= 10s;  // A slow upload.
  EXPECT_EQ(begin(asked).get().status(), "compressed");
}

TEST_F(RequestEditorTest, FailingCompressorMeansTheOriginal) {
  policy_->fails_ = true;
  const Edited failed = edit(chat({kOne}));
  EXPECT_EQ(failed.sent, chat({kOne}));
  EXPECT_EQ(failed.status().substr(0, 7), "bypass:");
  policy_->fails_ = false;
  EXPECT_EQ(edit(chat({kOne})).sent, chat({kOne}));
}

TEST_F(RequestEditorTest, ConversationKeepsThePolicyItBeganWithOrTheChampion) {
  const auto other = std::make_shared<FakePolicy>("other");
  EXPECT_EQ(edit(chat({kOne})).header("x-pith-policy"), policy_->id());
  serve_policies({other, policy_});
  EXPECT_EQ(edit(chat({kOne, kTwo})).header("x-pith-policy"), policy_->id());
  serve_policies({other});
  const std::string third = prose("three", 700);
  const Edited gone = edit(chat({kOne, kTwo, third}));
  EXPECT_EQ(gone.status(), "compressed");
  EXPECT_EQ(gone.header("x-pith-policy"), other->id());
  EXPECT_EQ(edit(chat({prose("four", 700)}), {{"x-pith-policy", "nobody"}}).status(), "compressed");
}

TEST_F(RequestEditorTest, TextsThatTheMemoCouldNotTakeStayRawLater) {
  stop();
  open_memo(24);
  start();
  // Fill it up.
  std::string status;
  std::string last;
  int n = 0;
  for (; n < 400 && status != "bypass:memo"; ++n) {
    last = prose("text" + std::to_string(n), 700);
    status = edit(chat({last}), {{"x-pith-conversation", std::to_string(n)}}).status();
  }
  ASSERT_EQ(status, "bypass:memo");
  const HeaderList same{{"x-pith-conversation", std::to_string(n - 1)}};
  now_us_ += 40LL * 86'400'000'000;
  ASSERT_GT(memo_->prune(), 0U);  // Room again.
  EXPECT_EQ(edit(chat({last}), same).sent, chat({last})) << "went out raw, stays raw";
}

TEST_F(RequestEditorTest, OnlyLongToolResultsAndUserTextsAreTargets) {
  const std::string small = prose("small", 120);
  EXPECT_GT(small.size(), 200U);
  EXPECT_EQ(edit(chat({small})).status(), "unchanged");
  EXPECT_EQ(edit(chat({small})).sent, chat({small}));
  const std::string user = R"({"messages":[{"role":"user","content":")" + prose("u", 400) + "\"}]}";
  EXPECT_EQ(edit(user).sent, user);
  const std::string roles = R"({"messages":[{"role":"system","content":")" + kOne +
                            R"("},{"role":"user","content":"hi"},{"role":"assistant","content":")" +
                            kTwo + R"("}]})";
  EXPECT_EQ(edit(roles).sent, roles);
  EXPECT_TRUE(policy_->batches().size() <= 1U) << "only the small tool result may have been asked";
}

TEST_F(RequestEditorTest, CountingTokensSendsWhatTheMessageWillSend) {
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":[)"
                           R"({"type":"tool_result","tool_use_id":"t","content":")" +
                           kOne + "\"}]}]}";
  const Edited counted = edit(body, {}, Api::kAnthropicCountTokens);
  EXPECT_EQ(counted.status(), "compressed");
  const Edited sent = edit(body, {}, Api::kAnthropicMessages);
  EXPECT_EQ(sent.status(), "reuse");
  EXPECT_EQ(sent.sent, counted.sent);
}

TEST_F(RequestEditorTest, CancelledRequestFixesNothing) {
  policy_->close_gate();
  const auto asked = request(chat({kOne}));
  auto future = begin(asked);
  ASSERT_TRUE(policy_->wait_inside(1));
  asked->cancelled->store(true);
  broker_->poke();
  ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(future.get().status(), "bypass:cancelled");
  policy_->open_gate();
  EXPECT_EQ(edit(chat({kOne})).status(), "compressed");
}

TEST_F(RequestEditorTest, CancelledBeforeItIsAskedForDoesNotWaitForTheDeadline) {
  Config config = config_;
  config.deadline_ms = 600'000;
  use(config);
  policy_->close_gate();
  const auto asked = request(chat({kOne}));
  asked->cancelled->store(true);
  auto future = begin(asked);
  ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(future.get().status(), "bypass:cancelled");
}

TEST_F(RequestEditorTest, ObservedSavingsAreNeverMoreThanThereIs) {
  for (int round = 0; round < 8; ++round) {
    const std::string name = "r" + std::to_string(round);
    policy_->close_gate();
    auto on = begin(request(chat({kOne}), {{"x-pith-conversation", name}, {"x-pith-rate", "0.2"}}));
    ASSERT_TRUE(policy_->wait_inside(1));
    auto observe =
        begin(request(chat({kOne}), {{"x-pith-conversation", name}, {"x-pith-mode", "observe"}}));
    policy_->open_gate();
    on.wait();
    const Edited edited = observe.get();
    EXPECT_LE(std::stoul(std::string(edited.header("x-pith-tokens-after"))),
              std::stoul(std::string(edited.header("x-pith-tokens-before"))));
  }
}

TEST_F(RequestEditorTest, ReturnedConversationDenotesTheSameConversation) {
  const Edited named = edit(chat({kOne}), {{"x-pith-conversation", "mine"}});
  const std::string id(named.header("x-pith-conversation"));
  ASSERT_EQ(id.size(), 32U);
  const Edited given_back = edit(chat({kOne, kTwo}), {{"x-pith-conversation", id}});
  EXPECT_EQ(given_back.header("x-pith-conversation"), id);
  EXPECT_EQ(first_sent(given_back.sent), first_sent(named.sent));
  const Edited derived = edit(chat({kTwo}));
  const std::string derived_id(derived.header("x-pith-conversation"));
  EXPECT_EQ(edit(chat({kTwo}), {{"x-pith-conversation", derived_id}}).status(), "reuse");
}

TEST_F(RequestEditorTest, AnotherTenantsConversationIsNotReached) {
  const Edited mine =
      edit(chat({kOne}), {{"authorization", "Bearer a"}, {"x-pith-conversation", "mine"}});
  const std::string id(mine.header("x-pith-conversation"));
  for (const std::string& name : {id, std::string("mine")}) {
    const Edited theirs =
        edit(chat({kOne}), {{"authorization", "Bearer b"}, {"x-pith-conversation", name}});
    EXPECT_NE(theirs.header("x-pith-conversation"), id) << name;
    EXPECT_EQ(theirs.status(), "compressed") << "not a replay";
  }
}

TEST_F(RequestEditorTest, EndsWithRequestsUnderWay) {
  policy_->close_gate();
  std::vector<std::future<Edited>> futures;
  for (int i = 0; i < 8; ++i) {
    futures.push_back(begin(request(chat({prose("t" + std::to_string(i), 700)}))));
  }
  ASSERT_TRUE(policy_->wait_inside(1));
  editor_.reset();  // waits for their deadline
  for (auto& future : futures) EXPECT_EQ(future.wait_for(0s), std::future_status::ready);
}

TEST_F(RequestEditorTest, RecordsWhatIsNewAndWhatIsRaw) {
  edit(chat({kOne, prose("small", 20)}));
  const EditRecord first = last_record(1);
  EXPECT_EQ(first.decision.num_new, 1U);
  EXPECT_EQ(first.texts_compressed, 1U);
  EXPECT_EQ(first.texts_raw, 0U) << "short texts are not remembered, and not counted";
  edit(chat({kOne, prose("small", 20)}));
  const EditRecord second = last_record(2);
  EXPECT_EQ(second.texts_replayed, 1U);
  EXPECT_EQ(second.texts_raw, 0U);
  EXPECT_EQ(second.decision.num_new, 0U);
}

TEST_F(RequestEditorTest, LogsNoBytesThatAClientChose) {
  edit("{\"model\":\"" + std::string(127, 'm') + "\u00e9\\u001b[2J\",\"messages\":[]}");
  const std::string model = last_record(1).decision.model;
  EXPECT_EQ(model, std::string(127, 'm')) << "cut before a character";
  edit(R"({"model":"a\u001b[2Jb","messages":[]})");
  EXPECT_EQ(last_record(2).decision.model, "a?[2Jb");
}

}  // namespace
}  // namespace pith
