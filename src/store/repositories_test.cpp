#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include <store/registration_writer.hpp>
#include <store/temporary.hpp>

/// Each repository: what goes in comes out, and another organisation's id is NotFound (DESIGN "State").
namespace parley::store {
namespace {

class RepositoriesTest : public testing::Test {
 protected:
  TemporaryStore store;
  OrganisationId mine = store.organisation("a.example");
  OrganisationId other = store.organisation("b.example");
};

TEST_F(RepositoriesTest, OrganisationsAreFoundByIdAndDomain) {
  auto found = store->organisations.find_by_domain("A.Example");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, mine);
  EXPECT_EQ(found->name, "Organisation of a.example");
  found->name = "Ärzte & Söhne";
  found->time_zone = "America/New_York";
  ASSERT_TRUE(store->organisations.update(*found));
  EXPECT_EQ(store->organisations.find(mine)->name, "Ärzte & Söhne");
  EXPECT_EQ(store->organisations.list()->size(), 2U);
  EXPECT_EQ(store->organisations.create({OrganisationId::make(), "x", "b.example", "UTC", {}}).error().code,
            Errc::Conflict);
  EXPECT_EQ(store->organisations.find(OrganisationId::make()).error().code, Errc::NotFound);
}

TEST_F(RepositoriesTest, UsersSignInByLoginWithoutCaseOverThePlatform) {
  const User user = store.user(mine, "Ada@example.com");
  const auto found = store->users.find_by_login("ada@EXAMPLE.com");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user.id, user.id);
  EXPECT_EQ(found->password_hash, "$argon2id$test");
  ASSERT_TRUE(store->users.set_password(mine, user.id, "$argon2id$new"));
  EXPECT_EQ(store->users.find_by_login("ada@example.com")->password_hash, "$argon2id$new");
  User taken = user;
  taken.id = UserId::make();
  taken.organisation = other;
  EXPECT_EQ(store->users.create(taken, "").error().code, Errc::Conflict);
  // A platform administrator belongs to no organisation.
  User platform;
  platform.id = UserId::make();
  platform.login = "admin";
  platform.role = Role::PlatformAdministrator;
  ASSERT_TRUE(store->users.create(platform, "h"));
  EXPECT_EQ(store->users.find({}, platform.id)->role, Role::PlatformAdministrator);
}

TEST_F(RepositoriesTest, UsersOfAnotherOrganisationAreNotFound) {
  User user = store.user(mine, "ada");
  EXPECT_EQ(store->users.find(other, user.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->users.set_password(other, user.id, "x").error().code, Errc::NotFound);
  EXPECT_EQ(store->users.remove(other, user.id).error().code, Errc::NotFound);
  user.organisation = other;
  EXPECT_EQ(store->users.update(user).error().code, Errc::NotFound);
  EXPECT_TRUE(store->users.list(other)->empty());
  ASSERT_TRUE(store->users.remove(mine, user.id));
  EXPECT_EQ(store->users.find(mine, user.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->keyring.open(mine, vault::ThingKind::User, user.id.uuid).error().code, Errc::NotFound);
}

TEST_F(RepositoriesTest, TokensLiveTwelveHoursOrTwoAndCanBeRevoked) {
  const User user = store.user(mine, "ada");
  const auto session = store->sessions.create(mine, user.id, Tier::User, "192.0.2.1", "Firefox");
  ASSERT_TRUE(session);
  EXPECT_EQ(from_base64(session->token)->size(), 32U);
  const auto platform = store->sessions.create(mine, user.id, Tier::Platform, "", "");
  EXPECT_EQ(store->sessions.check(session->token)->address, "192.0.2.1");
  EXPECT_EQ(store->sessions.check(session->token, Tier::Platform).error().code, Errc::Unauthorized);  // SEC-3
  EXPECT_EQ(store->sessions.check("").error().code, Errc::Unauthorized);
  EXPECT_EQ(store->sessions.check(session->token + "x").error().code, Errc::Unauthorized);
  store.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(store->sessions.check(platform->token).error().code, Errc::Unauthorized);  // RET-8
  EXPECT_TRUE(store->sessions.check(session->token));
  EXPECT_EQ(store->sessions.list(mine, user.id)->size(), 1U);
  store.clock.advance(std::chrono::hours(10));
  EXPECT_EQ(store->sessions.check(session->token).error().code, Errc::Unauthorized);
  EXPECT_EQ(*store->sessions.remove_expired(), 2U);
}

TEST_F(RepositoriesTest, TokensOfAnotherOrganisationOrADisabledUserDoNothing) {
  User user = store.user(mine, "ada");
  const auto session = store->sessions.create(mine, user.id, Tier::User, "", "");
  EXPECT_FALSE(store->sessions.create(other, user.id, Tier::User, "", ""));
  EXPECT_TRUE(store->sessions.list(other, user.id)->empty());
  EXPECT_EQ(store->sessions.revoke(other, session->sign_in.id).error().code, Errc::NotFound);
  EXPECT_TRUE(store->sessions.revoke_all(other, user.id));
  EXPECT_TRUE(store->sessions.check(session->token));
  user.disabled = true;
  ASSERT_TRUE(store->users.update(user));
  EXPECT_FALSE(store->sessions.check(session->token));
  user.disabled = false;
  ASSERT_TRUE(store->users.update(user));
  ASSERT_TRUE(store->sessions.revoke(session->token));
  EXPECT_FALSE(store->sessions.check(session->token));
}

TEST_F(RepositoriesTest, ExtensionsComeBackWholeAndSortedByNumber) {
  Extension extension;
  extension.id = ExtensionId::make();
  extension.organisation = mine;
  extension.number = "1000";
  extension.display_name = "Ada";
  extension.email = "ada@example.com";
  extension.mobile = "+41 79 123 45 67";
  extension.site = "Bern";
  extension.department = "Sales";
  extension.caller_id = "+41315550100";
  extension.ring_timeout_s = 20;
  ASSERT_TRUE(store->extensions.create(extension));
  const Extension second = store.extension(mine, "101");
  const auto found = store->extensions.find_by_number(mine, "1000");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->mobile, extension.mobile);
  EXPECT_EQ(found->department, "Sales");
  EXPECT_EQ(found->recording, RecordingMode::Off);  // PBX-4: off by default
  EXPECT_EQ(found->ring_timeout_s, 20);
  EXPECT_EQ(store->extensions.list(mine)->front().id, second.id);
  extension.id = ExtensionId::make();
  EXPECT_EQ(store->extensions.create(extension).error().code, Errc::Conflict);
  extension.organisation = other;
  EXPECT_TRUE(store->extensions.create(extension));  // the same number elsewhere
}

TEST_F(RepositoriesTest, ChangesOfTheRecordingOptInAreKept) {
  Extension extension = store.extension(mine, "101");
  store.clock.advance(std::chrono::hours(1));
  extension.recording = RecordingMode::On;
  ASSERT_TRUE(store->extensions.update(extension));
  extension.display_name = "other";
  ASSERT_TRUE(store->extensions.update(extension));
  const auto changes = store->extensions.recording_opt_ins(mine, extension.id);
  ASSERT_EQ(changes->size(), 2U);
  EXPECT_EQ(changes->front().mode, RecordingMode::Off);
  EXPECT_EQ(changes->back().mode, RecordingMode::On);
  EXPECT_EQ(changes->back().at - changes->front().at, std::chrono::hours(1));
  EXPECT_TRUE(store->extensions.recording_opt_ins(other, extension.id)->empty());
}

TEST_F(RepositoriesTest, ExtensionsAndDevicesOfAnotherOrganisationAreNotFound) {
  Extension extension = store.extension(mine, "101");
  Device device{DeviceId::make(), mine, extension.id, "desk", "101-desk", "secret", {}};
  ASSERT_TRUE(store->devices.create(device));
  EXPECT_EQ(store->extensions.find(other, extension.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->extensions.find_by_number(other, "101").error().code, Errc::NotFound);
  EXPECT_EQ(store->extensions.remove(other, extension.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->devices.find(other, device.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->devices.find_by_username(other, "101-desk").error().code, Errc::NotFound);
  EXPECT_EQ(store->devices.remove(other, device.id).error().code, Errc::NotFound);
  EXPECT_TRUE(store->devices.list(other)->empty());
  EXPECT_TRUE(store->devices.list(other, extension.id)->empty());
  Device foreign = device;
  foreign.organisation = other;
  EXPECT_EQ(store->devices.update(foreign).error().code, Errc::NotFound);
  foreign.id = DeviceId::make();
  EXPECT_EQ(store->devices.create(foreign).error().code, Errc::NotFound);  // an extension that is not its own
  extension.organisation = other;
  EXPECT_EQ(store->extensions.update(extension).error().code, Errc::NotFound);
}

TEST_F(RepositoriesTest, RemovingAnExtensionTakesDevicesRegistrationsAndKeysAlong) {
  const Extension extension = store.extension(mine, "101");
  Device device{DeviceId::make(), mine, extension.id, "desk", "101-desk", "secret", {}};
  ASSERT_TRUE(store->devices.create(device));
  EXPECT_EQ(store->devices.find_by_username(mine, "101-DESK")->sip_password, "secret");
  Registration registration;
  registration.organisation = mine;
  registration.device = device.id;
  registration.extension = extension.id;
  registration.contact = "sip:101@192.0.2.9:5062";
  registration.path = {"<sip:edge.example;lr>"};
  registration.source = "192.0.2.9:5062";
  registration.cseq = 77;
  registration.expires = store.clock.wall() + std::chrono::minutes(10);
  ASSERT_TRUE(store->registrations.put(registration));
  registration.cseq = 78;
  ASSERT_TRUE(store->registrations.put(registration));
  const auto list = store->registrations.list(mine);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().cseq, 78U);
  EXPECT_EQ(list->front().path, registration.path);
  EXPECT_TRUE(store->registrations.list(other)->empty());
  EXPECT_TRUE(store->registrations.remove(other, device.id, registration.contact));
  EXPECT_TRUE(store->registrations.remove_all(other, device.id));
  EXPECT_EQ(store->registrations.list(mine)->size(), 1U);
  registration.organisation = other;
  EXPECT_EQ(store->registrations.put(registration).error().code, Errc::NotFound);
  ASSERT_TRUE(store->extensions.remove(mine, extension.id));
  EXPECT_TRUE(store->registrations.list(mine)->empty());
  EXPECT_TRUE(store->devices.list(mine)->empty());
  EXPECT_EQ(store->keyring.open(mine, vault::ThingKind::Device, device.id.uuid).error().code, Errc::NotFound);
}

TEST_F(RepositoriesTest, RegistrationsSurviveARestartUntilTheyExpire) {
  const Extension extension = store.extension(mine, "101");
  const Device device{DeviceId::make(), mine, extension.id, "desk", "101-desk", "secret", {}};
  ASSERT_TRUE(store->devices.create(device));
  Registration registration;
  registration.organisation = mine;
  registration.device = device.id;
  registration.extension = extension.id;
  registration.contact = "sip:101@192.0.2.9";
  registration.expires = store.clock.wall() + std::chrono::minutes(10);
  ASSERT_TRUE(store->registrations.put(registration));
  store.reopen();
  EXPECT_EQ(store->registrations.list(mine)->size(), 1U);
  store.clock.advance(std::chrono::minutes(11));
  EXPECT_TRUE(store->registrations.list(mine)->empty());
  EXPECT_EQ(*store->registrations.remove_expired(), 1U);
}

TEST_F(RepositoriesTest, OnlyTheNewestWordOnAContactIsWritten) {
  const Extension extension = store.extension(mine, "101");
  const Device device{DeviceId::make(), mine, extension.id, "desk", "101-desk", "secret", {}};
  ASSERT_TRUE(store->devices.create(device));
  Registration registration;
  registration.organisation = mine;
  registration.device = device.id;
  registration.extension = extension.id;
  registration.expires = store.clock.wall() + std::chrono::minutes(10);
  {
    RegistrationWriter writer(store->registrations);
    for (std::uint32_t i = 1; i <= 100; ++i) {
      registration.contact = "sip:101@192.0.2.9:" + std::to_string(5060 + i % 2);
      registration.cseq = i;
      writer.keep(registration, i % 3 == 0);
    }
    writer.forget(mine, device.id, "sip:101@192.0.2.9:5061");
    Registration stranger = registration;
    stranger.device = DeviceId::make();  // not there: left out, without harm to the others
    writer.keep(stranger, false);
  }  // writes what waits
  const auto list = store->registrations.list(mine);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().cseq, 100U);
  EXPECT_TRUE(store->registrations.list(other)->empty());
}

TEST_F(RepositoriesTest, NewContactIsWrittenSoonARefreshedOneLater) {
  const Extension extension = store.extension(mine, "101");
  const Device device{DeviceId::make(), mine, extension.id, "desk", "101-desk", "secret", {}};
  ASSERT_TRUE(store->devices.create(device));
  Registration registration;
  registration.organisation = mine;
  registration.device = device.id;
  registration.extension = extension.id;
  registration.contact = "sip:101@192.0.2.9";
  registration.expires = store.clock.wall() + std::chrono::minutes(10);
  RegistrationWriter writer(store->registrations);
  const auto written = [&](std::uint32_t cseq) {
    const auto list = store->registrations.list(mine);
    return list && list->size() == 1 && list->front().cseq == cseq;
  };
  registration.cseq = 1;
  writer.keep(registration, false);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!written(1) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(written(1));
  registration.cseq = 2;
  writer.keep(registration, true);
  EXPECT_TRUE(written(1));
  registration.cseq = 3;
  writer.keep(registration, false);  // moved: takes the refresh's place
  while (!written(3) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(written(3));
}

TEST_F(RepositoriesTest, KeysOfManyThingsAreOneCommitAndAllOrNone) {
  std::vector<vault::KeyName> names;
  for (int i = 0; i < 50; ++i) names.push_back({mine, vault::ThingKind::Device, DeviceId::make().uuid});
  const auto before = store->key_file->list(mine)->size();
  ASSERT_TRUE(store->keyring.create_all(names));
  EXPECT_EQ(store->key_file->list(mine)->size(), before + names.size());
  names.insert(names.begin(), {mine, vault::ThingKind::Device, DeviceId::make().uuid});
  EXPECT_EQ(store->keyring.create_all(names).error().code, Errc::Conflict);
  EXPECT_EQ(store->key_file->list(mine)->size(), before + names.size() - 1);
}

TEST_F(RepositoriesTest, ConfigurationAppliesAsOneStepOrNotAtAll) {
  const auto applied = store->database.transaction(mine, [&](Session& session) -> Result<void> {
    Extension extension;
    extension.id = ExtensionId::make();
    extension.organisation = mine;
    extension.number = "201";
    if (auto made = store->extensions.create(session, extension); !made) return made;
    extension.id = ExtensionId::make();
    return store->extensions.create(session, extension);  // the number again
  });
  EXPECT_EQ(applied.error().code, Errc::Conflict);
  EXPECT_TRUE(store->extensions.list(mine)->empty());
}

TEST_F(RepositoriesTest, AnOrganisationGoesWithEverythingItHad) {
  const Extension a = store.extension(mine, "101");
  const Extension b = store.extension(mine, "102");
  store.user(mine, "ada");
  store.recording(store.call(mine, a, b), "zebra");
  ASSERT_TRUE(store->organisations.remove(mine));
  EXPECT_EQ(store->organisations.find(mine).error().code, Errc::NotFound);
  EXPECT_TRUE(store->key_file->list(mine)->empty());
  EXPECT_EQ(store->organisations.remove(mine).error().code, Errc::NotFound);
  EXPECT_TRUE(store->organisations.find(other));
}

TEST_F(RepositoriesTest, TheRootKeyRotatesUnderTheOpenStore) {
  const User user = store.user(mine, "ada");
  const auto before = store->keyring.root_id();
  ASSERT_TRUE(store->rotate_root_key());
  EXPECT_NE(store->keyring.root_id(), before);
  EXPECT_EQ(store->users.find(mine, user.id)->login, "ada");
  store.reopen();
  EXPECT_EQ(store->users.find(mine, user.id)->login, "ada");
}

TEST_F(RepositoriesTest, ASecondServerOnTheFolderIsRefused) {
  const auto second = Store::open({.folder = store.folder()}, store.clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::Conflict);
}

TEST_F(RepositoriesTest, ALostRootKeyIsToldAndNotMadeAnew) {
  store.reopen();
  std::filesystem::rename(store.folder() / "root.key", store.folder() / "kept");
  std::filesystem::path copy = store.folder().string() + "_copy";
  std::filesystem::copy(store.folder(), copy, std::filesystem::copy_options::recursive);
  std::filesystem::remove(copy / "kept");
  const auto opened = Store::open({.folder = copy}, store.clock);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text.find("root key"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(copy / "root.key"));
  std::filesystem::remove_all(copy);
  std::filesystem::rename(store.folder() / "kept", store.folder() / "root.key");
}

TEST_F(RepositoriesTest, TrunksComeBackWholeAndNothingOfThemIsReadableInTheDatabase) {
  Trunk trunk;
  trunk.id = TrunkId::make();
  trunk.organisation = mine;
  trunk.name = "Blue";
  trunk.kind = TrunkKind::Peer;
  trunk.host = "carrier.example";
  trunk.port = 5070;
  trunk.transport = "tcp";
  trunk.username = "acme";
  trunk.password = "open sesame";
  trunk.realm = "blue";
  trunk.expires_s = 600;
  trunk.addresses = {"192.0.2.0/24"};
  trunk.probe_s = 0;
  trunk.channels = 3;
  trunk.caller_id = "+49305550100";
  trunk.caller_in_from = false;
  trunk.asserted_identity = false;
  trunk.numbers = TrunkNumbers::E164Bare;
  trunk.country_code = "49";
  trunk.national_prefix = "1";
  trunk.international_prefix = "011";
  trunk.inbound = {{"+49X.", "101"}};
  trunk.created = store.clock.wall();
  ASSERT_TRUE(store->trunks.create(trunk));
  EXPECT_EQ(store->trunks.find(mine, trunk.id).value(), trunk);
  EXPECT_EQ(store->trunks.list(mine).value().at(0), trunk);
  EXPECT_TRUE(store->trunks.list(other)->empty());
  EXPECT_EQ(store->trunks.find(other, trunk.id).error().code, Errc::NotFound);
  auto second = trunk;
  second.id = TrunkId::make();
  second.name = "BLUE";
  EXPECT_EQ(store->trunks.create(second).error().code, Errc::Conflict);
  trunk.enabled = false;
  trunk.password = "another";
  ASSERT_TRUE(store->trunks.update(trunk));
  EXPECT_EQ(store->trunks.find(mine, trunk.id).value(), trunk);
  const auto row = store->database
                       .read([](Session& session) -> Result<std::string> {
                         return session.find("SELECT sealed FROM trunks", {})->text(0);
                       })
                       .value();
  for (const auto* secret : {"another", "acme", "carrier.example", "+4930"})
    EXPECT_EQ(row.find(secret), std::string::npos) << secret;
  EXPECT_EQ(store->trunks.remove(other, trunk.id).error().code, Errc::NotFound);
  ASSERT_TRUE(store->trunks.remove(mine, trunk.id));
  EXPECT_EQ(store->trunks.find(mine, trunk.id).error().code, Errc::NotFound);
}

TEST_F(RepositoriesTest, RoutesComeBackByOrderAndOnlyToTheirOrganisation) {
  const auto route = [&](std::string_view name, int order, RouteDestination destination) {
    Route out;
    out.id = RouteId::make();
    out.organisation = mine;
    out.name = name;
    out.order = order;
    out.pattern = "0.";
    out.destination = std::move(destination);
    return out;
  };
  auto outside = route("Outside", 20, ToNumber{});
  outside.strip = 1;
  outside.prepend = "+49";
  outside.callers = {"101", "102"};
  ASSERT_TRUE(store->routes.create(outside));
  ASSERT_TRUE(store->routes.create(route("Help", 10, ToExtension{"105"})));
  ASSERT_TRUE(store->routes.create(route("Echo", 30, ToEchoTest{})));
  ASSERT_TRUE(store->routes.create(route("No", 40, ToRefusal{RefusalReason::Busy})));
  EXPECT_EQ(store->routes.create(route("OUTSIDE", 1, ToEchoTest{})).error().code, Errc::Conflict);
  const auto all = store->routes.list(mine).value();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].destination, RouteDestination(ToExtension{"105"}));
  EXPECT_EQ(all[1].name, "Outside");
  EXPECT_EQ(all[1].strip, 1U);
  EXPECT_EQ(all[1].prepend, "+49");
  EXPECT_EQ(all[1].callers, outside.callers);
  EXPECT_EQ(all[2].destination, RouteDestination(ToEchoTest{}));
  EXPECT_EQ(all[3].destination, RouteDestination(ToRefusal{RefusalReason::Busy}));
  EXPECT_TRUE(store->routes.list(other)->empty());
  EXPECT_EQ(store->routes.find(other, outside.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->routes.remove(other, outside.id).error().code, Errc::NotFound);
  outside.name = "outside";  // its own name, written in another way
  outside.enabled = false;
  ASSERT_TRUE(store->routes.update(outside));
  EXPECT_FALSE(store->routes.find(mine, outside.id)->enabled);
  ASSERT_TRUE(store->routes.remove(mine, outside.id));
  EXPECT_EQ(store->routes.find(mine, outside.id).error().code, Errc::NotFound);
}

TEST_F(RepositoriesTest, BansAreKeptUntilTheyEndAndNoAddressIsReadable) {
  SipBan ban{
      Uuid::make(store.clock, store->random),       false, "192.0.2.77", "many accounts", "parleyd", store.clock.wall(),
      store.clock.wall() + std::chrono::minutes(10)};
  store.clock.advance(std::chrono::milliseconds(1));  // their order is that of their times
  SipBan allowed{Uuid::make(store.clock, store->random),
                 true,
                 "198.51.100.0/24",
                 "our office",
                 "ada",
                 store.clock.wall(),
                 std::nullopt};
  ASSERT_TRUE(store->sip_bans.put(ban));
  ASSERT_TRUE(store->sip_bans.put(allowed));
  auto all = store->sip_bans.list().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].range, "192.0.2.77");
  EXPECT_EQ(all[0].until, ban.until);
  EXPECT_TRUE(all[1].allow);
  EXPECT_EQ(all[1].by, "ada");
  const auto rows = store->database.read([](Session& session) -> Result<std::string> {
    std::string text;
    for (const auto& row : session.query("SELECT sealed FROM sip_bans", {})) text += row.text(0);
    return text;
  });
  EXPECT_EQ(rows->find("192.0.2.77"), std::string::npos);
  store.clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(store->sip_bans.list()->size(), 1U);
  ASSERT_TRUE(store->sip_bans.remove(allowed.id));
  EXPECT_TRUE(store->sip_bans.list()->empty());
}

}  // namespace
}  // namespace parley::store
