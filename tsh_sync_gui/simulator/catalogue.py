"""What an Iraqi electronics wholesaler sells: families of products by brand, in English and Arabic."""

import random
from dataclasses import dataclass

# English name, Arabic name, kind, unit, lowest and highest price in thousands of dinars, axis, options, brands, models.
# Kinds: goods are tracked in stock, services and parts on order are not, sets are composite items.
_FAMILIES = """
Smartphones|هواتف ذكية|goods|pcs|140|1650|Colour|Black,Blue,Green,Silver|Samsung:Galaxy A06,Galaxy A16,Galaxy A26 5G,Galaxy A36,Galaxy A56,Galaxy S24 FE,Galaxy S25,Galaxy S25 Ultra;Xiaomi:Redmi 14C,Redmi Note 14,Redmi Note 14 Pro,Poco X7,Xiaomi 15;Apple:iPhone 13,iPhone 15,iPhone 16,iPhone 16 Pro;Honor:X6b,X7c,X9c,200 Lite;Tecno:Spark 30,Camon 30,Pova 6;Infinix:Hot 50,Note 40,Smart 9
Tablets|أجهزة لوحية|goods|pcs|160|980|Storage|64GB,128GB,256GB|Samsung:Galaxy Tab A9,Galaxy Tab S9 FE;Lenovo:Tab M9,Tab M11;Apple:iPad 10,iPad Air 11;Honor:Pad 9
Laptops|حواسيب محمولة|goods|pcs|480|2900|Configuration|i3/8GB/256GB,i5/8GB/512GB,i5/16GB/512GB,i7/16GB/1TB|HP:15s,ProBook 450 G10,Victus 15,250 G9;Lenovo:IdeaPad Slim 3,ThinkPad E16,LOQ 15,V15 G4;Dell:Inspiron 3520,Latitude 3540,Vostro 3530;Asus:Vivobook 15,TUF Gaming A15,ExpertBook B1;Acer:Aspire 3,Nitro V15
Monitors|شاشات حاسوب|goods|pcs|115|690|Size|22 inch,24 inch,27 inch|Samsung:Essential S3,Odyssey G3;LG:UltraGear,MR400;Dell:P Series;HP:M Series;AOC:B2 Series
Televisions|تلفزيونات|goods|pcs|190|2400|Size|32 inch,43 inch,50 inch,55 inch,65 inch|Samsung:Crystal UHD DU7000,QLED Q60D;LG:UHD UT73,NanoCell 81;TCL:P655,C655 QLED;Hisense:A6N,U6N;Shownic:Smart LED
Power banks|بطاريات متنقلة|goods|pcs|15|95|Capacity|10000mAh,20000mAh,30000mAh|Anker:PowerCore,Nano;Baseus:Bipow,Adaman;Romoss:Sense 8;Xiaomi:Redmi Power Bank;Joyroom:JR-T
Chargers|شواحن|goods|pcs|6|55|Power|20W,25W,33W,45W,65W|Anker:Nano Charger;Baseus:GaN5 Pro;Samsung:Travel Adapter;Apple:USB-C Adapter;Ldnio:A Series;Green Lion:Compact Wall Charger
Cables|كابلات|goods|pcs|2|25|Length|1 m,1.2 m,2 m,3 m|Anker:PowerLine III USB-C;Baseus:Cafule Type-C,Cafule Lightning;Ugreen:HDMI 2.0,USB-C to USB-C;Ldnio:Micro USB;D-Link:Cat6 Patch
Headphones|سماعات|goods|pcs|9|420|Colour|Black,White,Blue|JBL:Tune 520BT,Tune 770NC,Wave Beam;Sony:WH-CH520,WF-C500;Anker:Soundcore Life P3,Soundcore Q20i;Xiaomi:Redmi Buds 6;Haylou:GT7;Lenovo:LP40 Pro
Speakers|مكبرات صوت|goods|pcs|18|640|Colour|Black,Red,Blue|JBL:Flip 6,Charge 5,Go 4,PartyBox 110;Sony:SRS-XB100,SRS-XG300;Anker:Soundcore 3;Edifier:R1280T
Smart watches|ساعات ذكية|goods|pcs|25|780|Colour|Black,Silver,Rose gold|Samsung:Galaxy Watch 7,Galaxy Fit 3;Apple:Watch SE,Watch Series 10;Xiaomi:Smart Band 9,Watch S4;Huawei:Band 9,Watch GT 5;Amazfit:Bip 6
Routers|موجهات شبكة|goods|pcs|24|310|||TP-Link:Archer C6,Archer AX23,Archer AX55,TL-WR845N,Deco M4;Tenda:AC10,F3,Nova MW6;D-Link:DIR-825,DIR-X1560;Mikrotik:hAP ac2,hAP ax3,RB750Gr3;Huawei:B311,AX3
Switches|مبدلات شبكة|goods|pcs|19|950|Ports|5 port,8 port,16 port,24 port|TP-Link:LiteWave,Omada SG;Tenda:TEG;D-Link:DGS-1000;Cisco:CBS110
Cameras|كاميرات مراقبة|goods|pcs|22|260|Resolution|2MP,4MP,5MP,8MP|Hikvision:ColorVu Dome,AcuSense Bullet,Turbo HD;Dahua:WizSense Bullet,Cooper Dome;Ezviz:C6N,H8c;Imou:Ranger 2,Cruiser 2
Video recorders|مسجلات فيديو|goods|pcs|75|620|Channels|4 ch,8 ch,16 ch,32 ch|Hikvision:DS-7200 DVR,DS-7600 NVR;Dahua:XVR5100,NVR4200
Storage|وسائط تخزين|goods|pcs|8|410|Capacity|128GB,256GB,512GB,1TB,2TB|Samsung:990 EVO NVMe,T7 Shield,EVO Plus microSD;Kingston:NV3 NVMe,A400 SATA,DataTraveler Exodia;SanDisk:Ultra Flair,Extreme microSD;WD:Blue SN580,My Passport;Seagate:SkyHawk,Expansion
Printers|طابعات|goods|pcs|95|880|||HP:LaserJet M111w,LaserJet MFP M141w,Smart Tank 580;Canon:i-SENSYS LBP6030,PIXMA G3420,MF3010;Epson:EcoTank L3250,EcoTank L5290,LQ-350;Brother:HL-L2321D,DCP-T420W
Toners|أحبار وطابعات|goods|pcs|14|165|Colour|Black,Cyan,Magenta,Yellow|HP:106A,207A;Canon:725,GI-490;Epson:103 Ink,673 Ink;Brother:TN-2305
Keyboards and mice|لوحات مفاتيح وماوس|goods|pcs|7|190|Layout|Arabic/English,English|Logitech:MK270,MK235,K380,G213;Rapoo:X1800Pro,8000M;Redragon:Kumara K552,Cobra M711;HP:CS10
Gaming|ألعاب|goods|pcs|35|1150|Edition|Standard,Slim,Digital|Sony:PlayStation 5,DualSense Controller;Microsoft:Xbox Series S,Xbox Controller;Nintendo:Switch OLED;Logitech:G29 Wheel
UPS|مجهزات قدرة|goods|pcs|55|1450|Power|650VA,1200VA,2000VA,3000VA|APC:Back-UPS,Smart-UPS;Eaton:5E;Prolink:PRO Series;Santak:TG
Solar|طاقة شمسية|goods|pcs|85|3200|Power|550W,3kW,5kW,8kW|Jinko:Tiger Neo;Longi:Hi-MO 6;Growatt:SPF Inverter;Deye:Hybrid Inverter;Felicity:ESS Inverter
Batteries|بطاريات|goods|pcs|3|1250|Capacity|100Ah,150Ah,200Ah|Felicity:LiFePO4 48V;Luminous:Tubular;Varta:Blue Dynamic;Narada:AcmeG
Home appliances|أجهزة منزلية|goods|pcs|28|1350|Colour|White,Silver,Black|Samsung:Washing Machine 8 kg,Microwave 28 L;LG:Refrigerator 423 L,Vacuum CordZero;Beko:Air Fryer,Dishwasher 14 pl;Philips:Steam Iron,Blender HR2041;Denka:Air Cooler,Water Dispenser
Air conditioners|مكيفات|goods|pcs|390|1850|Capacity|1 ton,1.5 ton,2 ton|Gree:Pular,Fairy;LG:Dual Cool,ArtCool;Samsung:WindFree;General:Split;Midea:Xtreme
Lighting|إنارة|goods|pcs|2|75|Power|9W,18W,36W,50W|Philips:Essential LED;Opple:EcoMax;Osram:LEDvance;Sansi:Floodlight
Phone covers|أغطية هواتف|goods|pcs|3|35|Colour|Clear,Black,Navy,Pink|Spigen:Ultra Hybrid,Liquid Air;Green Lion:Anti-Shock;Nillkin:CamShield;Samsung:Silicone Case
Screen protectors|واقيات شاشة|goods|box|12|60|||Nillkin:H+Pro Box 10,Fog Mirror Box 10;Green Lion:9H Privacy Box 25,9H Clear Box 25;Baseus:Corning Glass Box 10
Surveillance sets|مجموعات مراقبة|set|set|260|1900|Channels|4 ch,8 ch,16 ch|Hikvision:ColorVu Kit,AcuSense Kit;Dahua:WizSense Kit
Office sets|مجموعات مكتبية|set|set|620|2400|Configuration|Home,Office|HP:Desk Bundle;Dell:Desk Bundle;Lenovo:Desk Bundle
Spare parts on order|قطع غيار حسب الطلب|parts|pcs|8|420|||Samsung:Display Assembly,Main Board,Charging Port;Apple:Display Assembly,Battery Kit;HP:Fuser Unit,Roller Kit;LG:Compressor
Services|خدمات|service|hrs|10|350|Place|Baghdad,Basra,Erbil|TSH:Camera Installation,Network Cabling,Delivery,Solar Installation,Maintenance Visit,AC Installation
"""  # noqa: E501 - a table, one family a line
_FREE_CHOICES = frozenset({"", "Colour", "Layout", "Place", "Edition"})
_DEAR_BRANDS = frozenset({"Apple", "Sony", "Cisco", "APC", "Dell", "LG"})
_AR_BRANDS = {
    "Samsung": "سامسونج",
    "Xiaomi": "شاومي",
    "Apple": "آبل",
    "Anker": "أنكر",
    "Baseus": "بيسوس",
    "Hikvision": "هيكفيجن",
    "Dahua": "داهوا",
    "LG": "إل جي",
    "Sony": "سوني",
    "TP-Link": "تي بي لينك",
    "HP": "إتش بي",
    "Philips": "فيليبس",
    "Gree": "جري",
    "Denka": "دنكا",
    "TSH": "تي إس إتش",
    "Lenovo": "لينوفو",
}


@dataclass(frozen=True, slots=True)
class Product:
    """One sellable thing; the item list goes round the catalogue and marks later rounds as lots."""

    name: str
    description: str
    brand: str
    family: str
    family_number: int
    model_number: int
    group_name: str
    axis: str
    option: str
    option_number: int
    kind: str
    unit: str
    price: int
    taxed: bool
    sku: str

    @property
    def tracked(self) -> bool:
        """Say whether stock is kept of it."""
        return self.kind in {"goods", "set"}


def families() -> list[tuple[str, str]]:
    """Return the English and Arabic names of all families."""
    return [(parts[0], parts[1]) for parts in (line.split("|") for line in _FAMILIES.strip().splitlines())]


def products(seed: int) -> list[Product]:
    """Return the catalogue in an order that depends on *seed*."""
    chance = random.Random(f"{seed}:catalogue")  # noqa: S311 - made-up data
    made: list[Product] = []
    model_number = 0
    for family_number, line in enumerate(_FAMILIES.strip().splitlines()):
        english, arabic, kind, unit, low, high, axis, options, brands = line.split("|")
        for brand_models in brands.split(";"):
            brand, models = brand_models.split(":")
            names = models.split(",")
            for rank, model in enumerate(names):
                base = _base_price(float(low), float(high), brand, (rank + chance.random()) / len(names))
                in_arabic = chance.random() < 0.3
                for number, option in enumerate(options.split(",") if options else [""]):
                    price = int(base * (1 if axis in _FREE_CHOICES else 1 + 0.3 * number) * 4) * 250
                    title = f"{arabic} {_AR_BRANDS.get(brand, brand)} {model}" if in_arabic else f"{brand} {model}"
                    made.append(
                        Product(
                            name=f"{title} {option}".rstrip(),
                            description=f"{english} - {brand} {model} {option}".rstrip()
                            + f" | {arabic} {brand} {model}",
                            brand=brand,
                            family=english,
                            family_number=family_number,
                            model_number=model_number,
                            group_name=title if option else "",
                            axis=axis,
                            option=option,
                            option_number=number,
                            kind=kind,
                            unit=unit,
                            price=max(price, 1000),
                            taxed=family_number % 3 == 0,
                            sku=_sku(brand, model, option),
                        )
                    )
                model_number += 1
    chance.shuffle(made)
    return made


def _base_price(low: float, high: float, brand: str, rank: float) -> float:
    """Return a price in thousands: a brand lists its models from plain to fine, and some brands cost more."""
    share = 1.0 if brand in _DEAR_BRANDS else 0.55
    start = low + (high - low) * (0.3 if brand in _DEAR_BRANDS else 0.0)
    return start + (high * 0.6 - low) * share * rank


def _sku(brand: str, model: str, option: str) -> str:
    letters = "".join(word[:4] for word in model.replace("-", " ").replace("/", " ").split())
    tail = "".join(character for character in option if character.isalnum())[:5]
    return "-".join(part for part in (brand[:3], letters, tail) if part).upper().replace(" ", "")
