<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ar" sourcelanguage="en">
 <context>
  <name>tsh</name>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln a minute</source>
   <translation>
    <numerusform>%Ln في الدقيقة</numerusform>
    <numerusform>%Ln في الدقيقة</numerusform>
    <numerusform>%Ln في الدقيقة</numerusform>
    <numerusform>%Ln في الدقيقة</numerusform>
    <numerusform>%Ln في الدقيقة</numerusform>
    <numerusform>%Ln في الدقيقة</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln are checked again as they are kept, without a call.</source>
   <translation>
    <numerusform>%Ln تُفحص من جديد كما هي محفوظة، بلا استدعاء.</numerusform>
    <numerusform>%Ln تُفحص من جديد كما هي محفوظة، بلا استدعاء.</numerusform>
    <numerusform>%Ln تُفحص من جديد كما هي محفوظة، بلا استدعاء.</numerusform>
    <numerusform>%Ln تُفحص من جديد كما هي محفوظة، بلا استدعاء.</numerusform>
    <numerusform>%Ln تُفحص من جديد كما هي محفوظة، بلا استدعاء.</numerusform>
    <numerusform>%Ln تُفحص من جديد كما هي محفوظة، بلا استدعاء.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>%Ln byte(s)</source>
   <translation>
    <numerusform>لا بايتات</numerusform>
    <numerusform>بايت واحد</numerusform>
    <numerusform>بايتان</numerusform>
    <numerusform>%Ln بايتات</numerusform>
    <numerusform>%Ln بايتًا</numerusform>
    <numerusform>%Ln بايت</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/save_bar.py" />
   <source>%Ln cannot be saved</source>
   <translation>
    <numerusform>لا شيء يتعذّر حفظه</numerusform>
    <numerusform>تعذّر حفظ إعداد واحد</numerusform>
    <numerusform>تعذّر حفظ إعدادين</numerusform>
    <numerusform>تعذّر حفظ %Ln إعدادات</numerusform>
    <numerusform>تعذّر حفظ %Ln إعدادًا</numerusform>
    <numerusform>تعذّر حفظ %Ln إعداد</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln cannot be tried again and are skipped.</source>
   <translation>
    <numerusform>%Ln لا يمكن إعادة محاولتها وتُتخطّى.</numerusform>
    <numerusform>%Ln لا يمكن إعادة محاولتها وتُتخطّى.</numerusform>
    <numerusform>%Ln لا يمكن إعادة محاولتها وتُتخطّى.</numerusform>
    <numerusform>%Ln لا يمكن إعادة محاولتها وتُتخطّى.</numerusform>
    <numerusform>%Ln لا يمكن إعادة محاولتها وتُتخطّى.</numerusform>
    <numerusform>%Ln لا يمكن إعادة محاولتها وتُتخطّى.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>%Ln change(s) in Zoho came without a delivery.</source>
   <translation>
    <numerusform>لم يحدث تغيير في Zoho بلا تسليم.</numerusform>
    <numerusform>حدث تغيير واحد في Zoho بلا تسليم.</numerusform>
    <numerusform>حدث تغييران في Zoho بلا تسليم.</numerusform>
    <numerusform>حدثت %Ln تغييرات في Zoho بلا تسليم.</numerusform>
    <numerusform>حدث %Ln تغييرًا في Zoho بلا تسليم.</numerusform>
    <numerusform>حدث %Ln تغيير في Zoho بلا تسليم.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>%Ln character(s)</source>
   <translation>
    <numerusform>لا أحرف</numerusform>
    <numerusform>حرف واحد</numerusform>
    <numerusform>حرفان</numerusform>
    <numerusform>%Ln أحرف</numerusform>
    <numerusform>%Ln حرفًا</numerusform>
    <numerusform>%Ln حرف</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>%Ln day(s)</source>
   <translation>
    <numerusform>أقل من يوم</numerusform>
    <numerusform>يوم واحد</numerusform>
    <numerusform>يومان</numerusform>
    <numerusform>%Ln أيام</numerusform>
    <numerusform>%Ln يومًا</numerusform>
    <numerusform>%Ln يوم</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>%Ln day(s) ago</source>
   <translation>
    <numerusform>اليوم</numerusform>
    <numerusform>قبل يوم</numerusform>
    <numerusform>قبل يومين</numerusform>
    <numerusform>قبل %Ln أيام</numerusform>
    <numerusform>قبل %Ln يومًا</numerusform>
    <numerusform>قبل %Ln يوم</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>%Ln dead letter(s)</source>
   <translation>
    <numerusform>لا سجلات متعثّرة</numerusform>
    <numerusform>سجل متعثّر واحد</numerusform>
    <numerusform>سجلان متعثّران</numerusform>
    <numerusform>%Ln سجلات متعثّرة</numerusform>
    <numerusform>%Ln سجلًا متعثّرًا</numerusform>
    <numerusform>%Ln سجل متعثّر</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>%Ln deliveries</source>
   <translation>
    <numerusform>لا تسليمات</numerusform>
    <numerusform>تسليم واحد</numerusform>
    <numerusform>تسليمان</numerusform>
    <numerusform>%Ln تسليمات</numerusform>
    <numerusform>%Ln تسليمًا</numerusform>
    <numerusform>%Ln تسليم</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>%Ln deliveries wait again</source>
   <translation>
    <numerusform>لا تسليم ينتظر من جديد</numerusform>
    <numerusform>تسليم واحد ينتظر من جديد</numerusform>
    <numerusform>تسليمان ينتظران من جديد</numerusform>
    <numerusform>%Ln تسليمات تنتظر من جديد</numerusform>
    <numerusform>%Ln تسليمًا ينتظر من جديد</numerusform>
    <numerusform>%Ln تسليم ينتظر من جديد</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln failed</source>
   <translation>
    <numerusform>فشل %Ln</numerusform>
    <numerusform>فشل %Ln</numerusform>
    <numerusform>فشل %Ln</numerusform>
    <numerusform>فشل %Ln</numerusform>
    <numerusform>فشل %Ln</numerusform>
    <numerusform>فشل %Ln</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>%Ln failed record(s)</source>
   <translation>
    <numerusform>لا سجلات فاشلة</numerusform>
    <numerusform>سجل فاشل واحد</numerusform>
    <numerusform>سجلان فاشلان</numerusform>
    <numerusform>%Ln سجلات فاشلة</numerusform>
    <numerusform>%Ln سجلًا فاشلًا</numerusform>
    <numerusform>%Ln سجل فاشل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>%Ln failed record(s) of earlier runs wait</source>
   <translation>
    <numerusform>لا سجلات متعثّرة من عمليات تشغيل سابقة</numerusform>
    <numerusform>سجل متعثّر واحد من عمليات تشغيل سابقة ينتظر</numerusform>
    <numerusform>سجلان متعثّران من عمليات تشغيل سابقة ينتظران</numerusform>
    <numerusform>%Ln سجلات متعثّرة من عمليات تشغيل سابقة تنتظر</numerusform>
    <numerusform>%Ln سجلاً متعثّرًا من عمليات تشغيل سابقة تنتظر</numerusform>
    <numerusform>%Ln سجل متعثّر من عمليات تشغيل سابقة تنتظر</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>%Ln failed record(s) wait</source>
   <translation>
    <numerusform>لا سجلات فاشلة تنتظر</numerusform>
    <numerusform>سجل فاشل واحد ينتظر</numerusform>
    <numerusform>سجلان فاشلان ينتظران</numerusform>
    <numerusform>%Ln سجلات فاشلة تنتظر</numerusform>
    <numerusform>%Ln سجلًا فاشلًا ينتظر</numerusform>
    <numerusform>%Ln سجل فاشل ينتظر</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>%Ln fault(s) must be mended before syncs can work</source>
   <translation>
    <numerusform>لا أعطال تمنع المزامنة</numerusform>
    <numerusform>يجب إصلاح عطل واحد قبل أن تعمل المزامنة</numerusform>
    <numerusform>يجب إصلاح عطلين قبل أن تعمل المزامنة</numerusform>
    <numerusform>يجب إصلاح %Ln أعطال قبل أن تعمل المزامنة</numerusform>
    <numerusform>يجب إصلاح %Ln عطلًا قبل أن تعمل المزامنة</numerusform>
    <numerusform>يجب إصلاح %Ln عطل قبل أن تعمل المزامنة</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>%Ln field(s)</source>
   <translation>
    <numerusform>لا حقول</numerusform>
    <numerusform>حقل واحد</numerusform>
    <numerusform>حقلان</numerusform>
    <numerusform>%Ln حقول</numerusform>
    <numerusform>%Ln حقلًا</numerusform>
    <numerusform>%Ln حقل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>%Ln h</source>
   <translation>
    <numerusform>%Ln س</numerusform>
    <numerusform>%Ln س</numerusform>
    <numerusform>%Ln س</numerusform>
    <numerusform>%Ln س</numerusform>
    <numerusform>%Ln س</numerusform>
    <numerusform>%Ln س</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>%Ln h ago</source>
   <translation>
    <numerusform>قبل %Ln س</numerusform>
    <numerusform>قبل ساعة</numerusform>
    <numerusform>قبل ساعتين</numerusform>
    <numerusform>قبل %Ln ساعات</numerusform>
    <numerusform>قبل %Ln ساعة</numerusform>
    <numerusform>قبل %Ln ساعة</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>%Ln item(s)</source>
   <translation>
    <numerusform>لا عناصر</numerusform>
    <numerusform>عنصر واحد</numerusform>
    <numerusform>عنصران</numerusform>
    <numerusform>%Ln عناصر</numerusform>
    <numerusform>%Ln عنصرًا</numerusform>
    <numerusform>%Ln عنصر</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>%Ln kinds of records change in Zoho and no delivery tells of it</source>
   <translation>
    <numerusform>تتغير سجلات في Zoho ولا تسليم يخبر بها</numerusform>
    <numerusform>يتغير نوع من السجلات في Zoho ولا تسليم يخبر به</numerusform>
    <numerusform>يتغير نوعان من السجلات في Zoho ولا تسليم يخبر بهما</numerusform>
    <numerusform>تتغير %Ln أنواع من السجلات في Zoho ولا تسليم يخبر بها</numerusform>
    <numerusform>يتغير %Ln نوعًا من السجلات في Zoho ولا تسليم يخبر بها</numerusform>
    <numerusform>يتغير %Ln نوع من السجلات في Zoho ولا تسليم يخبر بها</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/env.py" />
   <source>%Ln line(s) cannot: {lines}</source>
   <translation>
    <numerusform>لا أسطر متعذّرة: {lines}</numerusform>
    <numerusform>سطر واحد متعذّر: {lines}</numerusform>
    <numerusform>سطران متعذّران: {lines}</numerusform>
    <numerusform>%Ln أسطر متعذّرة: {lines}</numerusform>
    <numerusform>%Ln سطرًا متعذّرًا: {lines}</numerusform>
    <numerusform>%Ln سطر متعذّر: {lines}</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>%Ln min</source>
   <translation>
    <numerusform>%Ln د</numerusform>
    <numerusform>%Ln د</numerusform>
    <numerusform>%Ln د</numerusform>
    <numerusform>%Ln د</numerusform>
    <numerusform>%Ln د</numerusform>
    <numerusform>%Ln د</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>%Ln min ago</source>
   <translation>
    <numerusform>قبل %Ln د</numerusform>
    <numerusform>قبل دقيقة</numerusform>
    <numerusform>قبل دقيقتين</numerusform>
    <numerusform>قبل %Ln دقائق</numerusform>
    <numerusform>قبل %Ln دقيقة</numerusform>
    <numerusform>قبل %Ln دقيقة</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/preview.py" />
   <source>%Ln more record(s) are counted above, not listed.</source>
   <translation>
    <numerusform>كل السجلات مدرجة.</numerusform>
    <numerusform>سجل واحد آخر محسوب أعلاه وغير مدرج.</numerusform>
    <numerusform>سجلان آخران محسوبان أعلاه وغير مدرجين.</numerusform>
    <numerusform>%Ln سجلات أخرى محسوبة أعلاه وغير مدرجة.</numerusform>
    <numerusform>%Ln سجلًا آخر محسوبة أعلاه وغير مدرجة.</numerusform>
    <numerusform>%Ln سجل آخر محسوبة أعلاه وغير مدرجة.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>%Ln ms</source>
   <translation>
    <numerusform>%Ln م.ث</numerusform>
    <numerusform>%Ln م.ث</numerusform>
    <numerusform>%Ln م.ث</numerusform>
    <numerusform>%Ln م.ث</numerusform>
    <numerusform>%Ln م.ث</numerusform>
    <numerusform>%Ln م.ث</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>%Ln new</source>
   <translation>
    <numerusform>لا جديد</numerusform>
    <numerusform>جديد واحد</numerusform>
    <numerusform>جديدان</numerusform>
    <numerusform>%Ln جديدة</numerusform>
    <numerusform>%Ln جديدًا</numerusform>
    <numerusform>%Ln جديد</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln new failure(s) of the same causes meanwhile</source>
   <translation>
    <numerusform>لا إخفاقات جديدة للأسباب نفسها</numerusform>
    <numerusform>إخفاق جديد واحد للأسباب نفسها في هذه الأثناء</numerusform>
    <numerusform>إخفاقان جديدان للأسباب نفسها في هذه الأثناء</numerusform>
    <numerusform>%Ln إخفاقات جديدة للأسباب نفسها في هذه الأثناء</numerusform>
    <numerusform>%Ln إخفاقًا جديدًا للأسباب نفسها في هذه الأثناء</numerusform>
    <numerusform>%Ln إخفاق جديد للأسباب نفسها في هذه الأثناء</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>%Ln new since you looked</source>
   <translation>
    <numerusform>لا جديد منذ اطّلعت</numerusform>
    <numerusform>واحد جديد منذ اطّلعت</numerusform>
    <numerusform>اثنان جديدان منذ اطّلعت</numerusform>
    <numerusform>%Ln جديدة منذ اطّلعت</numerusform>
    <numerusform>%Ln جديدًا منذ اطّلعت</numerusform>
    <numerusform>%Ln جديد منذ اطّلعت</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>%Ln of them for details</source>
   <translation>
    <numerusform>لا شيء منها للتفاصيل</numerusform>
    <numerusform>واحد منها للتفاصيل</numerusform>
    <numerusform>اثنان منها للتفاصيل</numerusform>
    <numerusform>%Ln منها للتفاصيل</numerusform>
    <numerusform>%Ln منها للتفاصيل</numerusform>
    <numerusform>%Ln منها للتفاصيل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>%Ln other(s) of this record</source>
   <translation>
    <numerusform>لا غيره لهذا السجل</numerusform>
    <numerusform>واحد آخر لهذا السجل</numerusform>
    <numerusform>اثنان آخران لهذا السجل</numerusform>
    <numerusform>%Ln أخرى لهذا السجل</numerusform>
    <numerusform>%Ln آخر لهذا السجل</numerusform>
    <numerusform>%Ln آخر لهذا السجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>%Ln permission(s)</source>
   <translation>
    <numerusform>بلا أذونات</numerusform>
    <numerusform>إذن واحد</numerusform>
    <numerusform>إذنان</numerusform>
    <numerusform>%Ln أذونات</numerusform>
    <numerusform>%Ln إذنًا</numerusform>
    <numerusform>%Ln إذن</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>%Ln record(s)</source>
   <translation>
    <numerusform>لا سجلات</numerusform>
    <numerusform>سجل واحد</numerusform>
    <numerusform>سجلان</numerusform>
    <numerusform>%Ln سجلات</numerusform>
    <numerusform>%Ln سجلًا</numerusform>
    <numerusform>%Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>%Ln record(s) assigned</source>
   <translation>
    <numerusform>لم يُسنَد شيء</numerusform>
    <numerusform>أُسند سجل واحد</numerusform>
    <numerusform>أُسند سجلان</numerusform>
    <numerusform>أُسندت %Ln سجلات</numerusform>
    <numerusform>أُسند %Ln سجلًا</numerusform>
    <numerusform>أُسند %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>%Ln record(s) changed in the simulated Zoho</source>
   <translation>
    <numerusform>لم يتغير أي سجل في Zoho المحاكى</numerusform>
    <numerusform>تغير سجل واحد في Zoho المحاكى</numerusform>
    <numerusform>تغير سجلان في Zoho المحاكى</numerusform>
    <numerusform>تغيرت %Ln سجلات في Zoho المحاكى</numerusform>
    <numerusform>تغير %Ln سجلًا في Zoho المحاكى</numerusform>
    <numerusform>تغير %Ln سجل في Zoho المحاكى</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>%Ln record(s) could not be taken</source>
   <translation>
    <numerusform>لم يتعذّر أخذ أي سجل</numerusform>
    <numerusform>تعذّر أخذ سجل واحد</numerusform>
    <numerusform>تعذّر أخذ سجلين</numerusform>
    <numerusform>تعذّر أخذ %Ln سجلات</numerusform>
    <numerusform>تعذّر أخذ %Ln سجلًا</numerusform>
    <numerusform>تعذّر أخذ %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>%Ln record(s) discarded</source>
   <translation>
    <numerusform>لم يُستبعد شيء</numerusform>
    <numerusform>استُبعد سجل واحد</numerusform>
    <numerusform>استُبعد سجلان</numerusform>
    <numerusform>استُبعدت %Ln سجلات</numerusform>
    <numerusform>استُبعد %Ln سجلًا</numerusform>
    <numerusform>استُبعد %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>%Ln record(s) here</source>
   <translation>
    <numerusform>لا سجلات هنا</numerusform>
    <numerusform>سجل واحد هنا</numerusform>
    <numerusform>سجلان هنا</numerusform>
    <numerusform>%Ln سجلات هنا</numerusform>
    <numerusform>%Ln سجلًا هنا</numerusform>
    <numerusform>%Ln سجل هنا</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>%Ln record(s) restored</source>
   <translation>
    <numerusform>لم يُستعَد شيء</numerusform>
    <numerusform>استُعيد سجل واحد</numerusform>
    <numerusform>استُعيد سجلان</numerusform>
    <numerusform>استُعيدت %Ln سجلات</numerusform>
    <numerusform>استُعيد %Ln سجلًا</numerusform>
    <numerusform>استُعيد %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>%Ln record(s) shown again</source>
   <translation>
    <numerusform>لم يظهر شيء</numerusform>
    <numerusform>ظهر سجل واحد من جديد</numerusform>
    <numerusform>ظهر سجلان من جديد</numerusform>
    <numerusform>ظهرت %Ln سجلات من جديد</numerusform>
    <numerusform>ظهر %Ln سجلًا من جديد</numerusform>
    <numerusform>ظهر %Ln سجل من جديد</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>%Ln record(s) snoozed</source>
   <translation>
    <numerusform>لم يُؤجَّل شيء</numerusform>
    <numerusform>أُجِّل سجل واحد</numerusform>
    <numerusform>أُجِّل سجلان</numerusform>
    <numerusform>أُجِّلت %Ln سجلات</numerusform>
    <numerusform>أُجِّل %Ln سجلًا</numerusform>
    <numerusform>أُجِّل %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>%Ln record(s) were stored before; nothing is half-written.</source>
   <translation>
    <numerusform>لم يُخزَّن شيء من قبل، ولا شيء نصف مكتوب.</numerusform>
    <numerusform>خُزِّن سجل واحد من قبل، ولا شيء نصف مكتوب.</numerusform>
    <numerusform>خُزِّن سجلان من قبل، ولا شيء نصف مكتوب.</numerusform>
    <numerusform>خُزِّنت %Ln سجلات من قبل، ولا شيء نصف مكتوب.</numerusform>
    <numerusform>خُزِّن %Ln سجلًا من قبل، ولا شيء نصف مكتوب.</numerusform>
    <numerusform>خُزِّن %Ln سجل من قبل، ولا شيء نصف مكتوب.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>%Ln row(s)</source>
   <translation>
    <numerusform>لا صفوف</numerusform>
    <numerusform>صف واحد</numerusform>
    <numerusform>صفّان</numerusform>
    <numerusform>%Ln صفوف</numerusform>
    <numerusform>%Ln صفًّا</numerusform>
    <numerusform>%Ln صف</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>%Ln row(s) exported</source>
   <translation>
    <numerusform>لم يُصدَّر أي صف</numerusform>
    <numerusform>صُدِّر صف واحد</numerusform>
    <numerusform>صُدِّر صفّان</numerusform>
    <numerusform>صُدِّرت %Ln صفوف</numerusform>
    <numerusform>صُدِّر %Ln صفًّا</numerusform>
    <numerusform>صُدِّر %Ln صف</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>%Ln run(s) missed, made up for once</source>
   <translation>
    <numerusform>لا تشغيلات فائتة</numerusform>
    <numerusform>تشغيل واحد فائت، عُوِّض مرة واحدة</numerusform>
    <numerusform>تشغيلان فائتان، عُوِّضا مرة واحدة</numerusform>
    <numerusform>%Ln تشغيلات فائتة، عُوِّضت مرة واحدة</numerusform>
    <numerusform>%Ln تشغيلًا فائتًا، عُوِّضت مرة واحدة</numerusform>
    <numerusform>%Ln تشغيل فائت، عُوِّضت مرة واحدة</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>%Ln s</source>
   <translation>
    <numerusform>%Ln ث</numerusform>
    <numerusform>%Ln ث</numerusform>
    <numerusform>%Ln ث</numerusform>
    <numerusform>%Ln ث</numerusform>
    <numerusform>%Ln ث</numerusform>
    <numerusform>%Ln ث</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>%Ln s ago</source>
   <translation>
    <numerusform>قبل %Ln ث</numerusform>
    <numerusform>قبل %Ln ث</numerusform>
    <numerusform>قبل %Ln ث</numerusform>
    <numerusform>قبل %Ln ث</numerusform>
    <numerusform>قبل %Ln ث</numerusform>
    <numerusform>قبل %Ln ث</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>%Ln setting(s) exported</source>
   <translation>
    <numerusform>لم يُصدَّر أي إعداد</numerusform>
    <numerusform>صُدِّر إعداد واحد</numerusform>
    <numerusform>صُدِّر إعدادان</numerusform>
    <numerusform>صُدِّرت %Ln إعدادات</numerusform>
    <numerusform>صُدِّر %Ln إعدادًا</numerusform>
    <numerusform>صُدِّر %Ln إعداد</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>%Ln since {time}.</source>
   <translation>
    <numerusform>لا شيء منذ {time}.</numerusform>
    <numerusform>واحد منذ {time}.</numerusform>
    <numerusform>اثنان منذ {time}.</numerusform>
    <numerusform>%Ln منذ {time}.</numerusform>
    <numerusform>%Ln منذ {time}.</numerusform>
    <numerusform>%Ln منذ {time}.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln skipped</source>
   <translation>
    <numerusform>تُخطّي %Ln</numerusform>
    <numerusform>تُخطّي %Ln</numerusform>
    <numerusform>تُخطّي %Ln</numerusform>
    <numerusform>تُخطّي %Ln</numerusform>
    <numerusform>تُخطّي %Ln</numerusform>
    <numerusform>تُخطّي %Ln</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>%Ln snoozed</source>
   <translation>
    <numerusform>لا مؤجَّل</numerusform>
    <numerusform>واحد مؤجَّل</numerusform>
    <numerusform>اثنان مؤجَّلان</numerusform>
    <numerusform>%Ln مؤجَّلة</numerusform>
    <numerusform>%Ln مؤجَّلًا</numerusform>
    <numerusform>%Ln مؤجَّل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>%Ln succeeded</source>
   <translation>
    <numerusform>نجح %Ln</numerusform>
    <numerusform>نجح %Ln</numerusform>
    <numerusform>نجح %Ln</numerusform>
    <numerusform>نجح %Ln</numerusform>
    <numerusform>نجح %Ln</numerusform>
    <numerusform>نجح %Ln</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>%Ln table(s) are there</source>
   <translation>
    <numerusform>لا جداول موجودة</numerusform>
    <numerusform>جدول واحد موجود</numerusform>
    <numerusform>جدولان موجودان</numerusform>
    <numerusform>%Ln جداول موجودة</numerusform>
    <numerusform>%Ln جدولًا موجودًا</numerusform>
    <numerusform>%Ln جدول موجود</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>%Ln table(s) will be created</source>
   <translation>
    <numerusform>لن يُنشأ أي جدول</numerusform>
    <numerusform>سيُنشأ جدول واحد</numerusform>
    <numerusform>سيُنشأ جدولان</numerusform>
    <numerusform>ستُنشأ %Ln جداول</numerusform>
    <numerusform>سيُنشأ %Ln جدولًا</numerusform>
    <numerusform>سيُنشأ %Ln جدول</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>%Ln thing(s)</source>
   <translation>
    <numerusform>لا شيء</numerusform>
    <numerusform>أمر واحد</numerusform>
    <numerusform>أمران</numerusform>
    <numerusform>%Ln أمور</numerusform>
    <numerusform>%Ln أمرًا</numerusform>
    <numerusform>%Ln أمر</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>%Ln thing(s) must be mended first.</source>
   <translation>
    <numerusform>لا شيء يلزم إصلاحه</numerusform>
    <numerusform>يجب إصلاح أمر واحد أولًا.</numerusform>
    <numerusform>يجب إصلاح أمرين أولًا.</numerusform>
    <numerusform>يجب إصلاح %Ln أمور أولًا.</numerusform>
    <numerusform>يجب إصلاح %Ln أمرًا أولًا.</numerusform>
    <numerusform>يجب إصلاح %Ln أمر أولًا.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>%Ln thing(s) wrong</source>
   <translation>
    <numerusform>لا خطأ</numerusform>
    <numerusform>خطأ واحد</numerusform>
    <numerusform>خطآن</numerusform>
    <numerusform>%Ln أخطاء</numerusform>
    <numerusform>%Ln خطأً</numerusform>
    <numerusform>%Ln خطأ</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/save_bar.py" />
   <source>%Ln unsaved change(s)</source>
   <translation>
    <numerusform>لا تغييرات غير محفوظة</numerusform>
    <numerusform>تغيير واحد غير محفوظ</numerusform>
    <numerusform>تغييران غير محفوظين</numerusform>
    <numerusform>%Ln تغييرات غير محفوظة</numerusform>
    <numerusform>%Ln تغييرًا غير محفوظ</numerusform>
    <numerusform>%Ln تغيير غير محفوظ</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/env.py" />
   <source>%Ln value(s) can be taken over</source>
   <translation>
    <numerusform>لا قيم يمكن أخذها</numerusform>
    <numerusform>قيمة واحدة يمكن أخذها</numerusform>
    <numerusform>قيمتان يمكن أخذهما</numerusform>
    <numerusform>%Ln قيم يمكن أخذها</numerusform>
    <numerusform>%Ln قيمة يمكن أخذها</numerusform>
    <numerusform>%Ln قيمة يمكن أخذها</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>(empty)</source>
   <translation>(فارغ)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>(missing)</source>
   <translation>(غير موجود)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>(no id)</source>
   <translation>(بلا معرّف)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>(not read)</source>
   <translation>(لم يُقرأ)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_body.py" />
   <source>({bytes} bytes in all)</source>
   <translation>({bytes} بايت في المجموع)</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>+%Ln more</source>
   <translation>
    <numerusform>+%Ln</numerusform>
    <numerusform>+%Ln</numerusform>
    <numerusform>+%Ln أخرى</numerusform>
    <numerusform>+%Ln أخرى</numerusform>
    <numerusform>+%Ln أخرى</numerusform>
    <numerusform>+%Ln أخرى</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>, </source>
   <translation>، </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>0 to 100,000,000</source>
   <translation>من 0 إلى 100,000,000</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>0.0.0.0 takes deliveries from other computers, too. The listener has to be started again after a change.</source>
   <translation>0.0.0.0 يستقبل التسليمات من حواسيب أخرى أيضًا. يجب تشغيل المستمع من جديد بعد التغيير.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>1 to 1,000,000</source>
   <translation>من 1 إلى 1,000,000</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>1 to 1,440</source>
   <translation>من 1 إلى 1,440</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>1 to 10,000,000</source>
   <translation>من 1 إلى 10,000,000</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>1 to 200</source>
   <translation>من 1 إلى 200</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>1 to 64</source>
   <translation>من 1 إلى 64</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>1 to 65,535</source>
   <translation>من 1 إلى 65,535</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>12 to 50 letters and digits</source>
   <translation>من 12 إلى 50 حرفًا ورقمًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>12 to 50 letters and digits; these are {number}.</source>
   <translation>من 12 إلى 50 حرفًا ورقمًا؛ وهذه {number}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>20 is gentle. Zoho blocks an organization at 100.</source>
   <translation>20 عدد لطيف. يحظر Zoho المؤسسة عند 100.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>200 is Zoho's maximum and the cheapest.</source>
   <translation>200 هو الحد الأقصى لدى Zoho والأقل كلفة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>2nd try, last failed: {title}</source>
   <translation>محاولة ثانية، وفشلت الأخيرة: {title}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>5 to 10,080</source>
   <translation>من 5 إلى 10,080</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>64 or 44 are expected</source>
   <translation>المتوقع 64 أو 44</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>A PostgreSQL server of ours</source>
   <translation>خادم PostgreSQL لدينا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>A PostgreSQL that comes with the program. Nothing to install; for one computer.</source>
   <translation>‏PostgreSQL مرفقة مع البرنامج. لا شيء يُثبَّت؛ لحاسوب واحد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>A built-in sample Zoho: no account, nothing leaves this computer.</source>
   <translation>نموذج Zoho مدمج: بلا حساب، ولا يغادر شيء هذا الحاسوب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>A decision is needed</source>
   <translation>يلزم قرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>A delivery was refused: signature does not match</source>
   <translation>رُفض تسليم: التوقيع لا يطابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>A delivery with a wrong secret came in</source>
   <translation>وصل تسليم بسر خاطئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>A first full sync brings everything here.</source>
   <translation>أول مزامنة كاملة تجلب كل شيء إلى هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>A first full sync of {entity} takes {price}.</source>
   <translation>أول مزامنة كاملة لـ{entity} تستغرق {price}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <source>A full sync takes {price}.</source>
   <translation>المزامنة الكاملة تستغرق {price}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <source>A full sync takes {price}; {waits}.</source>
   <translation>المزامنة الكاملة تستغرق {price}؛ {waits}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>A gateway in between writes the header anew; remove that.</source>
   <translation>بوابة بينية تعيد كتابة الترويسة؛ أزل ذلك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>A name or an address without spaces, “/” or “@”.</source>
   <translation>اسم أو عنوان بلا مسافات ولا «/» ولا «@».</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/database_tools.py" />
   <source>A new address counts from the next opening on.</source>
   <translation>يسري العنوان الجديد اعتبارًا من الفتح التالي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>A new secret. Enter it in Zoho as well: the old one no longer counts there.</source>
   <translation>سرّ جديد. أدخله في Zoho أيضًا: القديم لم يعد صالحًا هناك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>A newer delivery of the same record came with it and was used.</source>
   <translation>جاء معه تسليم أحدث للسجل نفسه فاستُخدم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>A number from 1 to 65535.</source>
   <translation>رقم من 1 إلى 65535.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>A number is needed.</source>
   <translation>يلزم رقم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_connection.py" />
   <source>A passphrase for the file of secrets</source>
   <translation>عبارة مرور لملف الأسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>A passphrase for the secrets</source>
   <translation>عبارة مرور للأسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>A person with rights on the server runs this:</source>
   <translation>ينفّذ هذا شخص له صلاحيات على الخادم:</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>A proxy or gateway in front of the listener changes deliveries; let it pass them through untouched.</source>
   <translation>وكيل أو بوابة أمام المستمع يغيّر التسليمات؛ اجعله يمررها كما هي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>A record that was stored after all stands here, with the run that brought it.</source>
   <translation>هنا السجل الذي خُزِّن في النهاية، مع التشغيل الذي جلبه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>A rejected delivery is never done. Mend its cause; Zoho's next one is accepted.</source>
   <translation>التسليم المرفوض لا يُنفَّذ أبدًا. أصلح سببه، وسيُقبل تسليم Zoho التالي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>A right is missing: {right}</source>
   <translation>صلاحية ناقصة: {right}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>A secret is set.</source>
   <translation>السر محدَّد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>A secret was made and is kept here. Enter it in Zoho's webhooks.</source>
   <translation>أُنشئ سر وحُفظ هنا. أدخله في خطافات الويب لدى Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>A snoozed record is hidden until its time.</source>
   <translation>السجل المؤجَّل مخفيّ حتى وقته.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>A test: it was answered with 200, and there was nothing to do.</source>
   <translation>اختبار: أُجيب بالرمز 200 ولم يكن هناك ما يُفعل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>API address</source>
   <translation>عنوان API</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>API today {used}/{limit}</source>
   <translation>استدعاءات اليوم ⁦{used}/{limit}⁩</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>API today –</source>
   <translation>استدعاءات اليوم –</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>API version</source>
   <translation>إصدار API</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>About {calls} calls a day, of {share} that schedules may use</source>
   <translation>نحو {calls} استدعاء في اليوم، من {share} متاحة للجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>About {calls} calls a day; all schedules have {share}.</source>
   <translation>نحو {calls} استدعاء في اليوم، وللجداول كلها {share}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Accepted</source>
   <translation>مقبول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Accounts address</source>
   <translation>عنوان الحسابات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Add these as well, in case the port is taken: {others}</source>
   <translation>أضف هذه أيضًا تحسّبًا لانشغال المنفذ: {others}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Address</source>
   <translation>العنوان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Address Zoho calls</source>
   <translation>العنوان الذي يستدعيه Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Address and secret are set here; Zoho's webhooks need the same ones.</source>
   <translation>العنوان والسر محدَّدان هنا؛ وتحتاج خطافات الويب في Zoho إلى القيم نفسها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Addresses in apprise's form, apart by spaces, such as mailtos://user:password@host?to=me@host or tgram://…; this computer sends to them.</source>
   <translation>عناوين بصيغة apprise تفصل بينها مسافات، مثل ‎mailtos://user:password@host?to=me@host‎ أو ‎tgram://…‎، ويرسل إليها هذا الحاسوب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Age</source>
   <translation>العمر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Alarm: missed since {time}</source>
   <translation>تنبيه: فائتة منذ {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Alerts</source>
   <translation>التنبيهات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/bell.py" />
   <source>Alerts and notices</source>
   <translation>التنبيهات والإشعارات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>All</source>
   <translation>الكل</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>All %Ln entities up to date.</source>
   <translation>
    <numerusform>لا كيانات.</numerusform>
    <numerusform>الكيان الوحيد محدَّث.</numerusform>
    <numerusform>الكيانان محدَّثان.</numerusform>
    <numerusform>الكيانات الـ%Ln كلها محدَّثة.</numerusform>
    <numerusform>الكيانات الـ%Ln كلها محدَّثة.</numerusform>
    <numerusform>الكيانات الـ%Ln كلها محدَّثة.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>All %Ln kinds of records can be synced.</source>
   <translation>
    <numerusform>لا أنواع من السجلات.</numerusform>
    <numerusform>نوع السجلات الوحيد قابل للمزامنة.</numerusform>
    <numerusform>نوعا السجلات قابلان للمزامنة.</numerusform>
    <numerusform>أنواع السجلات الـ%Ln كلها قابلة للمزامنة.</numerusform>
    <numerusform>أنواع السجلات الـ%Ln كلها قابلة للمزامنة.</numerusform>
    <numerusform>أنواع السجلات الـ%Ln كلها قابلة للمزامنة.</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>All %Ln table(s) are there.</source>
   <translation>
    <numerusform>لا جداول.</numerusform>
    <numerusform>الجدول الوحيد موجود.</numerusform>
    <numerusform>الجدولان موجودان.</numerusform>
    <numerusform>الجداول الـ%Ln كلها موجودة.</numerusform>
    <numerusform>الجداول الـ%Ln كلها موجودة.</numerusform>
    <numerusform>الجداول الـ%Ln كلها موجودة.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>All at once</source>
   <translation>دفعة واحدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>All entities</source>
   <translation>كل الكيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>All files (*)</source>
   <translation>كل الملفات (*)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>All is well</source>
   <translation>كل شيء سليم</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>All of it takes %Ln night(s).</source>
   <translation>
    <numerusform>لا يستغرق ذلك أي ليلة.</numerusform>
    <numerusform>يستغرق ذلك كله ليلة واحدة.</numerusform>
    <numerusform>يستغرق ذلك كله ليلتين.</numerusform>
    <numerusform>يستغرق ذلك كله %Ln ليالٍ.</numerusform>
    <numerusform>يستغرق ذلك كله %Ln ليلة.</numerusform>
    <numerusform>يستغرق ذلك كله %Ln ليلة.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <source>All of it was fetched a short while ago.</source>
   <translation>جُلب كل ذلك قبل وقت قصير.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>All others are stored. The failed ones are kept with their reason.</source>
   <translation>خُزِّنت السجلات الأخرى كلها، وحُفظت الفاشلة مع سبب فشلها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>All processing</source>
   <translation>كل حالات المعالجة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>All settings are in range, and the credentials for Zoho are there.</source>
   <translation>جميع الإعدادات ضمن النطاق المسموح، وبيانات الاعتماد لـ Zoho موجودة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>All verdicts</source>
   <translation>كل الأحكام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>All {tables} tables are there, of this program's version ({version}).</source>
   <translation>جميع الجداول ({tables}) موجودة وبإصدار هذا البرنامج ({version}).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>All {tables} tables were made just now, of this program's version ({version}).</source>
   <translation>أُنشئت الآن جميع الجداول ({tables}) بإصدار هذا البرنامج ({version}).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Allow your user to write there, or set ZOHO_IMAGE_CACHE_DIR to another folder.</source>
   <translation>اسمح لمستخدمك بالكتابة هناك، أو اضبط ZOHO_IMAGE_CACHE_DIR على مجلد آخر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <source>Almost there</source>
   <translation>أوشكنا على الانتهاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sheet.py" />
   <source>Alt+Left</source>
   <translation>Alt+Left</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>An address begins with postgresql:// and names a server.</source>
   <translation>يبدأ العنوان بـ ‎postgresql://‎ ويسمّي خادمًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>An alarm when so long no webhook tells of records that syncs find changed.</source>
   <translation>تنبيه عندما تمر هذه المدة دون أن يخبر أي خطاف ويب بسجلات تجدها المزامنة متغيرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>An encrypted file</source>
   <translation>ملف مشفَّر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Another quota</source>
   <translation>حصة أخرى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Another service, or a gateway in between, signs these deliveries.</source>
   <translation>خدمة أخرى أو بوابة بينية توقّع هذه التسليمات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Answer</source>
   <translation>الرد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Answered with</source>
   <translation>أُجيب بالرمز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Appearance</source>
   <translation>المظهر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>Approve the deletes</source>
   <translation>الموافقة على الحذف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Arrows</source>
   <translation>الأسهم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>As Zoho's console shows it: server-based, mobile or desktop (needs no secret), or self client.</source>
   <translation>كما تعرضه وحدة تحكم Zoho: قائم على خادم، أو هاتف أو سطح مكتب (بلا سرّ)، أو عميل ذاتي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>As a command of curl (C)</source>
   <translation>كأمر curl ‏(C)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>As it fits</source>
   <translation>بحسب المناسب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>As it was</source>
   <translation>كما كان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>As its administrator run: {statement}</source>
   <translation>شغّل بصفتك مديرها: ⁦{statement}⁩</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>As proposed</source>
   <translation>كما هو مقترح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>As the system</source>
   <translation>كما في النظام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Ask Zoho again · 1 call</source>
   <translation>سؤال Zoho مجددًا · استدعاء واحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Asked for when you create a code, in the next step.</source>
   <translation>يُطلب عند إنشاء الرمز في الخطوة التالية.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Asking Zoho for your organizations…</source>
   <translation>جارٍ سؤال Zoho عن مؤسساتك…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <source>Asking Zoho how many records there are…</source>
   <translation>جارٍ سؤال Zoho عن عدد السجلات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Asking Zoho's regions which one knows this app…</source>
   <translation>جارٍ سؤال مناطق Zoho عن المنطقة التي تعرف هذا التطبيق…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Asking Zoho, one small request for each kind of record…</source>
   <translation>جارٍ سؤال Zoho، طلب صغير لكل نوع من السجلات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Asking how the secret stands…</source>
   <translation>جارٍ السؤال عن حال السر…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Asks Zoho how many records there are, in a few calls; the next sync uses what was read</source>
   <translation>يسأل Zoho عن عدد السجلات ببضعة استدعاءات، وتستفيد المزامنة التالية مما قُرئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Assign</source>
   <translation>إسناد</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Assign %Ln failed record(s)</source>
   <translation>
    <numerusform>إسناد لا سجلات</numerusform>
    <numerusform>إسناد سجل واحد</numerusform>
    <numerusform>إسناد سجلين</numerusform>
    <numerusform>إسناد %Ln سجلات</numerusform>
    <numerusform>إسناد %Ln سجلًا</numerusform>
    <numerusform>إسناد %Ln سجل</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Assigned</source>
   <translation>أُسند</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Assigned to</source>
   <translation>مُسنَد إلى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Assigned to {person}.</source>
   <translation>مُسنَد إلى {person}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Assign…</source>
   <translation>إسناد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>At most</source>
   <translation>بحدّ أقصى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>At the next start</source>
   <translation>عند التشغيل التالي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>At times (cron line)</source>
   <translation>في أوقات (سطر cron)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <source>At work</source>
   <translation>قيد العمل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>At {address} another program answers, or the listener of another database. Choose another port.</source>
   <translation>عند {address} يجيب برنامج آخر، أو مستمع قاعدة بيانات أخرى. اختر منفذًا آخر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Audit</source>
   <translation>سجل التدقيق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Authorized redirect URI</source>
   <translation>عنوان إعادة التوجيه المصرَّح به</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sheet.py" />
   <source>Back</source>
   <translation>رجوع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Back to the beginning</source>
   <translation>العودة إلى الوضع الأول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/setting_row.py" />
   <source>Back to the default</source>
   <translation>العودة إلى الافتراضي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Back to the list</source>
   <translation>العودة إلى القائمة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>Because</source>
   <translation>السبب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>Being checked…</source>
   <translation>جارٍ الفحص…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Being tried…</source>
   <translation>جارٍ المحاولة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Body</source>
   <translation>المتن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Body as text</source>
   <translation>المتن نصًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Both sides</source>
   <translation>الجانبان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Both ways between Zoho and TSH</source>
   <translation>في الاتجاهين بين Zoho وTSH</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Broken off</source>
   <translation>انقطع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhook_address.py" />
   <source>But only from this computer or its network: Zoho itself cannot reach it.</source>
   <translation>لكن من هذا الحاسوب أو شبكته فقط: لا يستطيع Zoho نفسه الوصول إليه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>By</source>
   <translation>بواسطة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>By what came in: Zoho tells nobody which rules it has.</source>
   <translation>بحسب ما ورد: لا يخبر Zoho أحدًا بما لديه من قواعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>CSV (*.csv)</source>
   <translation>CSV (*.csv)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Call</source>
   <translation>الاستدعاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Calling the listener on this computer…</source>
   <translation>جارٍ استدعاء المستمع على هذا الحاسوب…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Calling the public address…</source>
   <translation>جارٍ استدعاء العنوان العام…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Calls</source>
   <translation>الاستدعاءات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Calls a day</source>
   <translation>الاستدعاءات في اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Calls at once</source>
   <translation>استدعاءات متزامنة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Calls foreseen</source>
   <translation>الاستدعاءات المتوقعة</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Calls left today: %Ln; the rest waits for the reset.</source>
   <translation>
    <numerusform>لم يبقَ اليوم أي استدعاء؛ وينتظر الباقي التصفير.</numerusform>
    <numerusform>بقي اليوم استدعاء واحد؛ وينتظر الباقي التصفير.</numerusform>
    <numerusform>بقي اليوم استدعاءان؛ وينتظر الباقي التصفير.</numerusform>
    <numerusform>بقيت اليوم %Ln استدعاءات؛ وينتظر الباقي التصفير.</numerusform>
    <numerusform>بقي اليوم %Ln استدعاءً؛ وينتظر الباقي التصفير.</numerusform>
    <numerusform>بقي اليوم %Ln استدعاء؛ وينتظر الباقي التصفير.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Calls per day</source>
   <translation>الاستدعاءات في اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Calls per minute</source>
   <translation>الاستدعاءات في الدقيقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Calls to Zoho</source>
   <translation>الاستدعاءات إلى Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Calls: list · bulk · detail</source>
   <translation>الاستدعاءات: قوائم · دفعات · تفاصيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <location filename="tsh_sync_gui/ui/program.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/tray.py" />
   <location filename="tsh_sync_gui/ui/widgets/bulk_line.py" />
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Cancel</source>
   <translation>إلغاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Cancelled</source>
   <translation>أُلغي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Cancelled by a person</source>
   <translation>ألغاه شخص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Cancelled, {done}</source>
   <translation>أُلغي، {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Carefully: 1, then 5, then 25, then the rest</source>
   <translation>بحذر: 1، ثم 5، ثم 25، ثم الباقي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Cause</source>
   <translation>السبب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Change it</source>
   <translation>تغيير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Change secret…</source>
   <translation>تغيير السر…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Change something in the simulated Zoho</source>
   <translation>غيّر شيئًا في Zoho المحاكى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Change the webhook secret</source>
   <translation>تغيير سر خطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Changed in Zoho</source>
   <translation>تغيّر في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Changes</source>
   <translation>التغييرات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Changes are still fetched by polling.</source>
   <translation>ما زالت التغييرات تُجلب بالاستطلاع الدوري.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Changes in Zoho that a sync found and no delivery told of.</source>
   <translation>تغييرات في Zoho وجدتها مزامنة ولم يخبر بها أي تسليم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Check</source>
   <translation>الفحص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Check again</source>
   <translation>الفحص مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Check again · {price}</source>
   <translation>الفحص مجددًا · {price}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Check everything</source>
   <translation>فحص كل شيء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Check the Zoho app</source>
   <translation>فحص تطبيق Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>Check-up</source>
   <translation>الفحص العام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Choose a .env file</source>
   <translation>اختر ملف ‎.env</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Choose a .env file first</source>
   <translation>اختر ملف ‎.env أولاً</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Choose a delivery first.</source>
   <translation>اختر تسليمًا أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/listed.py" />
   <source>Choose a line to see it here.</source>
   <translation>اختر سطرًا ليظهر هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_coverage.py" />
   <source>Choose an event with changes that nobody told of.</source>
   <translation>اختر حدثًا له تغييرات لم يُخبر بها أحد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Choose an organization</source>
   <translation>اختر مؤسسة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Choose another</source>
   <translation>اختر غيره</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Choose at least one product.</source>
   <translation>اختر منتجًا واحدًا على الأقل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Choose file…</source>
   <translation>اختر ملفًا…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Choose folder</source>
   <translation>اختيار مجلد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>Choose the file</source>
   <translation>اختر الملف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Choose the organization</source>
   <translation>اختيار المؤسسة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Choose “Accept”.</source>
   <translation>اختر «Accept».</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Choose “Default payload” or raw JSON as the webhook's body in Zoho.</source>
   <translation>اختر «Default payload» أو JSON خامًا متنًا لخطاف الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>Clear selection</source>
   <translation>إلغاء التحديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>Click to copy: {address}</source>
   <translation>انقر للنسخ: {address}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Client id</source>
   <translation>معرّف العميل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Client id and client secret are asked for</source>
   <translation>مطلوب معرّف العميل وسرّه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Client name</source>
   <translation>اسم العميل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Client secret</source>
   <translation>سرّ العميل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Client type</source>
   <translation>نوع العميل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Clock</source>
   <translation>الساعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/bulk_line.py" />
   <location filename="tsh_sync_gui/ui/widgets/toast.py" />
   <source>Close</source>
   <translation>إغلاق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/side.py" />
   <source>Close (Esc)</source>
   <translation>إغلاق (Esc)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/rail.py" />
   <source>Close the set-up</source>
   <translation>إغلاق الإعداد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Closing the window leaves its icon in the tray, where the desktop has one; schedules go on.</source>
   <translation>إغلاق النافذة يُبقي أيقونتها في علبة النظام حيث توجد، وتستمر الجداول.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Code</source>
   <translation>الرمز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>Columns</source>
   <translation>الأعمدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Columns, order and filters are kept.</source>
   <translation>تُحفظ الأعمدة والترتيب والمرشّحات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Computed</source>
   <translation>المحسوب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Computed signatures</source>
   <translation>التواقيع المحسوبة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Connect to Zoho</source>
   <translation>الاتصال بـZoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Connection</source>
   <translation>الاتصال</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <location filename="tsh_sync_gui/ui/wizard/secret_row.py" />
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Copied</source>
   <translation>نُسخ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>Copied as a request</source>
   <translation>نُسخ كطلب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Copied: {address}</source>
   <translation>نُسخ: {address}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <location filename="tsh_sync_gui/ui/widgets/problem_box.py" />
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <source>Copy</source>
   <translation>نسخ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Copy as CSV</source>
   <translation>نسخ بصيغة CSV</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Copy as JSON</source>
   <translation>نسخ بصيغة JSON</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Copy as Markdown</source>
   <translation>نسخ بصيغة Markdown</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Copy as request</source>
   <translation>نسخ كطلب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Copy link</source>
   <translation>نسخ الرابط</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>Copy report</source>
   <translation>نسخ التقرير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>Copy the chosen rows, or all that are shown</source>
   <translation>نسخ الصفوف المحدَّدة أو كل المعروض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Copy the diagnosis</source>
   <translation>نسخ التشخيص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <source>Copy: {name}</source>
   <translation>نسخ: {name}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Correct ZOHO_WEBHOOK_URL, or enter the name at your provider.</source>
   <translation>صحّح ZOHO_WEBHOOK_URL، أو سجّل الاسم لدى مزوّدك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Counting deliveries and calls…</source>
   <translation>جارٍ عدّ التسليمات والاستدعاءات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Counting records and calls…</source>
   <translation>جارٍ عدّ السجلات والاستدعاءات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_coverage.py" />
   <source>Coverage</source>
   <translation>التغطية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>Create</source>
   <translation>إنشاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>Create it in the set-up, or correct TSH_DATABASE_URL ({address}).</source>
   <translation>أنشئها في الإعداد الأولي، أو صحّح TSH_DATABASE_URL (⁦{address}⁩).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Create tables</source>
   <translation>إنشاء الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Create the database</source>
   <translation>إنشاء قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>Created</source>
   <translation>أُنشئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Created · updated · unchanged</source>
   <translation>أُنشئ · حُدِّث · بلا تغيير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Creating the database…</source>
   <translation>جارٍ إنشاء قاعدة البيانات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/migrate.py" />
   <source>Creating the tables</source>
   <translation>إنشاء الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Creating the tables…</source>
   <translation>جارٍ إنشاء الجداول…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Credit notes</source>
   <translation>إشعارات دائنة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>Cron line</source>
   <translation>سطر cron</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Customers</source>
   <translation>العملاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Daily quota used up</source>
   <translation>استُنفدت الحصة اليومية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Daily quota used up until {time}</source>
   <translation>استُنفدت الحصة اليومية حتى {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Dark</source>
   <translation>داكن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>Dark appearance</source>
   <translation>المظهر الداكن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Data centre</source>
   <translation>مركز البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Data centre: the address you see when you use Zoho</source>
   <translation>مركز البيانات: العنوان الذي تراه عند استخدام Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Database</source>
   <translation>قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Database address</source>
   <translation>عنوان قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <location filename="tsh_sync_gui/ui/widgets/banners.py" />
   <source>Database not reachable</source>
   <translation>تعذّر الوصول إلى قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Database, sign-in, permissions, quota, clocks, disk and deliveries are looked at, one after the other. Nothing is changed.</source>
   <translation>تُفحص قاعدة البيانات وتسجيل الدخول والأذونات والحصة والساعات والقرص والتسليمات واحدًا بعد الآخر. لا يتغيّر شيء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Dead letter</source>
   <translation>سجل متعثّر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_listing.py" />
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <location filename="tsh_sync_gui/ui/widgets/letter_table.py" />
   <source>Dead letters</source>
   <translation>المتعثّرات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Dead letters –</source>
   <translation>المتعثّرات –</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Debug log</source>
   <translation>سجل التشخيص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Default</source>
   <translation>افتراضي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Delay</source>
   <translation>التأخر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Delay p50 / p95</source>
   <translation>التأخر p50 / p95</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>Delete</source>
   <translation>حذف</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>Delete %Ln record(s) here</source>
   <translation>
    <numerusform>لا شيء يُحذف هنا</numerusform>
    <numerusform>حذف سجل واحد هنا</numerusform>
    <numerusform>حذف سجلين هنا</numerusform>
    <numerusform>حذف %Ln سجلات هنا</numerusform>
    <numerusform>حذف %Ln سجلًا هنا</numerusform>
    <numerusform>حذف %Ln سجل هنا</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>Deleted</source>
   <translation>حُذف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Deleted · failed</source>
   <translation>حُذف · فشل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Deliver with a wrong secret</source>
   <translation>أرسل بسر خاطئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <source>Deliveries</source>
   <translation>التسليمات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Deliveries are accepted once it stands in all of Zoho's webhooks. The set-up shows it again.</source>
   <translation>تُقبل التسليمات حين يكون في كل خطافات الويب لدى Zoho. يعرضه الإعداد مرة أخرى.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Deliveries are kept for 30 days.</source>
   <translation>تُحفظ التسليمات 30 يومًا.</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>Deliveries are kept on its disk and handed over later: %Ln so far.</source>
   <translation>
    <numerusform>تُحفظ التسليمات على قرصه وتُسلَّم لاحقًا: لا شيء حتى الآن.</numerusform>
    <numerusform>تُحفظ التسليمات على قرصه وتُسلَّم لاحقًا: واحد حتى الآن.</numerusform>
    <numerusform>تُحفظ التسليمات على قرصه وتُسلَّم لاحقًا: اثنان حتى الآن.</numerusform>
    <numerusform>تُحفظ التسليمات على قرصه وتُسلَّم لاحقًا: %Ln حتى الآن.</numerusform>
    <numerusform>تُحفظ التسليمات على قرصه وتُسلَّم لاحقًا: %Ln حتى الآن.</numerusform>
    <numerusform>تُحفظ التسليمات على قرصه وتُسلَّم لاحقًا: %Ln حتى الآن.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>Deliveries are not being received</source>
   <translation>لا تُستقبل التسليمات الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>Deliveries are not received then. Polling covers changes until it is started again.</source>
   <translation>لن تُستقبل التسليمات عندئذ. ويغطي الاستعلام الدوري التغييرات حتى يُشغَّل من جديد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Deliveries are not received. Polling covers changes while a window or a worker runs; nothing is lost.</source>
   <translation>لا تُستقبل التسليمات. ويغطي الاستعلام الدوري التغييرات ما دامت نافذة أو عامل قيد التشغيل، ولا يضيع شيء.</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Deliveries are still taken in and kept; %Ln wait until you resume.</source>
   <translation>
    <numerusform>ما زالت التسليمات تُستقبل وتُحفظ؛ لا شيء ينتظر الاستئناف.</numerusform>
    <numerusform>ما زالت التسليمات تُستقبل وتُحفظ؛ واحد ينتظر الاستئناف.</numerusform>
    <numerusform>ما زالت التسليمات تُستقبل وتُحفظ؛ اثنان ينتظران الاستئناف.</numerusform>
    <numerusform>ما زالت التسليمات تُستقبل وتُحفظ؛ %Ln تنتظر الاستئناف.</numerusform>
    <numerusform>ما زالت التسليمات تُستقبل وتُحفظ؛ %Ln تنتظر الاستئناف.</numerusform>
    <numerusform>ما زالت التسليمات تُستقبل وتُحفظ؛ %Ln تنتظر الاستئناف.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Deliveries are taken in.</source>
   <translation>تُستقبل التسليمات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Deliveries whose work is not done yet.</source>
   <translation>تسليمات لم يتم عملها بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Delivery</source>
   <translation>التسليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Delivery #{number}</source>
   <translation>التسليم ‎#{number}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/main_window.py" />
   <source>Demo</source>
   <translation>عرض تجريبي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Desktop notices</source>
   <translation>إشعارات سطح المكتب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/widgets/problem_box.py" />
   <source>Details</source>
   <translation>التفاصيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Details that wait</source>
   <translation>تفاصيل مؤجلة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Details wait for tomorrow's calls · {done} of {total}</source>
   <translation>التفاصيل تنتظر استدعاءات الغد · {done} من {total}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Details were left out · {done} of {total}</source>
   <translation>تُركت التفاصيل · {done} من {total}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <source>Diagnose</source>
   <translation>تشخيص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Diagnosis</source>
   <translation>التشخيص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Differences</source>
   <translation>الفروق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Discard</source>
   <translation>استبعاد</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Discard %Ln failed record(s)?</source>
   <translation>
    <numerusform>استبعاد لا سجلات؟</numerusform>
    <numerusform>استبعاد سجل واحد؟</numerusform>
    <numerusform>استبعاد سجلين؟</numerusform>
    <numerusform>استبعاد %Ln سجلات؟</numerusform>
    <numerusform>استبعاد %Ln سجلًا؟</numerusform>
    <numerusform>استبعاد %Ln سجل؟</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Discarded</source>
   <translation>مستبعَد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Discarded by {person} {time}: {reason}</source>
   <translation>استبعده {person} {time}: {reason}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Discard…</source>
   <translation>استبعاد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Disk</source>
   <translation>القرص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Do it once more (P)</source>
   <translation>تنفيذه مرة أخرى (P)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Do not do what it asks for</source>
   <translation>لا تنفّذ ما يطلبه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Do what webhooks ask for</source>
   <translation>تنفيذ ما تطلبه خطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Done</source>
   <translation>تم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Done by the runs of {entity}</source>
   <translation>تقوم به تشغيلات {entity}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Down</source>
   <translation>متوقف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Duplicate</source>
   <translation>مكرر</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Duplicates skipped: %Ln.</source>
   <translation>
    <numerusform>لا مكررات متخطاة.</numerusform>
    <numerusform>مكرر واحد متخطى.</numerusform>
    <numerusform>مكرران متخطيان.</numerusform>
    <numerusform>%Ln مكررات متخطاة.</numerusform>
    <numerusform>%Ln مكررًا متخطى.</numerusform>
    <numerusform>%Ln مكرر متخطى.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Duplicates, too</source>
   <translation>والمكررات أيضًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Duration</source>
   <translation>المدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>EVERYWHERE</source>
   <translation>في كل مكان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Each fetches as many as there are calls and time for.</source>
   <translation>تجلب كل مزامنة بقدر ما تسمح به الاستدعاءات والوقت.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Each line stands by itself: a fault hides no other.</source>
   <translation>كل سطر مستقل: لا يخفي عطل عطلًا آخر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Edit and retry</source>
   <translation>تعديل وإعادة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Edited</source>
   <translation>المعدَّل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Edited and tried again</source>
   <translation>عُدّل وأُعيدت المحاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Empty: deliveries are signed. Otherwise the name of a header of your own that carries the webhook secret.</source>
   <translation>فارغ: الرسائل موقّعة. وإلا فاسم ترويسة خاصة بكم تحمل سر خطاف الويب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Empty: images in the program's folder. Used once images are there.</source>
   <translation>فارغ: الصور في مجلد البرنامج. يُستخدم عند توفر الصور.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Empty: the embedded PostgreSQL. Otherwise postgresql://user:password@host:5432/name.</source>
   <translation>فارغ: PostgreSQL المدمجة. وإلا postgresql://user:password@host:5432/name.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Empty: the listener's address. Used once images are there.</source>
   <translation>فارغ: عنوان المستمع. يُستخدم عند توفر الصور.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Encrypt (TLS)</source>
   <translation>تشفير (TLS)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Encrypt the connection (TLS)</source>
   <translation>تشفير الاتصال (TLS)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>End it</source>
   <translation>إنهاؤه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>End the listener?</source>
   <translation>إنهاء المستمع؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>End the listener…</source>
   <translation>إنهاء المستمع…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>English, Arabic, or as the system. The window speaks it at once.</source>
   <translation>الإنجليزية أو العربية أو كما في النظام. تتحدث بها النافذة فورًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sheet.py" />
   <source>Enter</source>
   <translation>Enter</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Enter in ZOHO_WEBHOOK_SECRET the secret token that the webhook has in Zoho.</source>
   <translation>أدخل في ZOHO_WEBHOOK_SECRET الرمز السري الذي لخطاف الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Enter it in Zoho as it is set here.</source>
   <translation>أدخله في Zoho كما هو محدَّد هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>Enter the address first.</source>
   <translation>أدخل العنوان أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Enter the address that Zoho calls, or skip the step</source>
   <translation>أدخل العنوان الذي يتصل به Zoho، أو تخطَّ هذه الخطوة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Enter the new secret in Zoho.</source>
   <translation>أدخل السر الجديد في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Enter the secret in Zoho again, exactly as it is set here.</source>
   <translation>أدخل السر في Zoho من جديد، تمامًا كما هو محدَّد هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Enter this secret in Zoho now</source>
   <translation>أدخل هذا السر في Zoho الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Entity</source>
   <translation>الكيان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Error</source>
   <translation>الخطأ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Estimate</source>
   <translation>تقدير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Estimate again</source>
   <translation>التقدير مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Estimating from what Zoho answered…</source>
   <translation>جارٍ التقدير مما أجاب به Zoho…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Event</source>
   <translation>الحدث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Events</source>
   <translation>الأحداث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Events to set up in Zoho</source>
   <translation>أحداث تُعدّ في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>Every call to Zoho is booked there, and what all machines share is kept there.</source>
   <translation>هناك يُسجَّل كل استدعاء إلى Zoho، وهناك يُحفظ ما تشترك فيه الأجهزة كلها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>Every so many minutes</source>
   <translation>كل عدد من الدقائق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Everybody who opens it reads the note.</source>
   <translation>يقرأ الملاحظةَ كل من يفتحه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Everything is connected. The first sync fetches all records once.</source>
   <translation>كل شيء متصل. تجلب المزامنة الأولى السجلات كلها مرة واحدة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Everything runs already.</source>
   <translation>كل شيء قيد التشغيل بالفعل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>Everything that changed in Zoho since the last delivery is fetched.</source>
   <translation>يُجلب كل ما تغيّر في Zoho منذ آخر تسليم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>Excel (*.xlsx)</source>
   <translation>Excel (*.xlsx)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Expected</source>
   <translation>المتوقع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>Export all that match (Ctrl+E)</source>
   <translation>تصدير كل المطابق (Ctrl+E)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>Export as shown (Ctrl+E)</source>
   <translation>تصدير كما هو معروض (Ctrl+E)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table.py" />
   <source>Export as shown…</source>
   <translation>تصدير كما هو معروض…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>Export settings</source>
   <translation>تصدير الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>Export {table}</source>
   <translation>تصدير {table}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Export…</source>
   <translation>تصدير…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>F5</source>
   <translation>F5</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/alerts.py" />
   <source>FOUND OUT</source>
   <translation>ما اكتُشف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Failed</source>
   <translation>فشل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Failed → dead letter</source>
   <translation>فشل ← متعثّر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>Failures</source>
   <translation>حالات الفشل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Fault</source>
   <translation>عطل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_coverage.py" />
   <source>Fetch all gaps</source>
   <translation>جلب كل الثغرات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Fetch it · about 1 call</source>
   <translation>جلبه · استدعاء واحد تقريبًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Fetch one record by its id</source>
   <translation>جلب سجل واحد بمعرّفه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Fetch product images and keep them. Used once images are there.</source>
   <translation>جلب صور المنتجات وحفظها. يُستخدم عند توفر الصور.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_coverage.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Fetch the gap</source>
   <translation>جلب الفجوة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Fetch the gap in Webhooks, or sync all; that brings what they told of. Then delete the files.</source>
   <translation>اجلب الفجوة في شاشة خطافات الويب أو زامِن الكل؛ فذلك يجلب ما أخبرت عنه. ثم احذف الملفات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Fetch the gap · {price}</source>
   <translation>جلب الفجوة · {price}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_coverage.py" />
   <source>Fetch what no delivery told of</source>
   <translation>جلب ما لم يخبر به أي تسليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Fetched</source>
   <translation>جُلب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Fetches this record from Zoho, also when it is known already.</source>
   <translation>يجلب هذا السجل من Zoho حتى لو كان معروفًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Fetches what was changed in Zoho since then, as far as Zoho can be asked for it.</source>
   <translation>يجلب ما تغيّر في Zoho منذ ذلك الوقت، بقدر ما يتيح Zoho السؤال عنه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Fetching details</source>
   <translation>جلب التفاصيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/widgets/difference_view.py" />
   <location filename="tsh_sync_gui/ui/widgets/payload_tree.py" />
   <source>Field</source>
   <translation>الحقل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Field “{field}” = “{value}”</source>
   <translation>الحقل «{field}» = «{value}»</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Fields</source>
   <translation>الحقول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Fill in client id and secret first: Zoho is asked which region knows them.</source>
   <translation>املأ معرّف العميل وسرّه أولًا: يُسأل Zoho أي منطقة تعرفهما.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/filter_header.py" />
   <source>Filter</source>
   <translation>ترشيح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/filter_header.py" />
   <source>Filter {column}</source>
   <translation>ترشيح {column}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Find deleted</source>
   <translation>البحث عن المحذوف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Find it for me</source>
   <translation>ابحث عنه لي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>Findings</source>
   <translation>النتائج</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Fine</source>
   <translation>سليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/rail.py" />
   <source>Finish later</source>
   <translation>الإكمال لاحقًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <source>Finish the set-up, then everything is synced by itself. What you did so far is kept.</source>
   <translation>أكمل الإعداد ثم تجري المزامنة تلقائيًا. ما أنجزته حتى الآن محفوظ.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Finishing the set-up…</source>
   <translation>جارٍ إنهاء الإعداد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>First day</source>
   <translation>اليوم الأول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>First difference</source>
   <translation>أول اختلاف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>First seen</source>
   <translation>أول ظهور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>First sync</source>
   <translation>المزامنة الأولى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>First: {step}</source>
   <translation>أولًا: {step}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Folder for images</source>
   <translation>مجلد الصور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>For 1 h</source>
   <translation>لساعة واحدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>For 3 days</source>
   <translation>لمدة 3 أيام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>For 30 min</source>
   <translation>لمدة 30 دقيقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>For a week</source>
   <translation>لمدة أسبوع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>For an hour</source>
   <translation>لمدة ساعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Forget a view</source>
   <translation>إزالة عرض محفوظ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/setting_row.py" />
   <source>Forget it</source>
   <translation>إزالته</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Found</source>
   <translation>وُجد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Free space before a large sync.</source>
   <translation>أفرغ مساحة قبل مزامنة كبيرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Free space on this disk, or set TSH_HOME to a folder on another one.</source>
   <translation>أفرغ مساحة على هذا القرص، أو اضبط TSH_HOME على مجلد في قرص آخر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Fri</source>
   <translation>الجمعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Fridays</source>
   <translation>أيام الجمعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>From TSH to Zoho</source>
   <translation>من TSH إلى Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>From Zoho to TSH</source>
   <translation>من Zoho إلى TSH</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>From Zoho's API console.</source>
   <translation>من وحدة تحكم Zoho API.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>From Zoho's console, under Client Secret</source>
   <translation>من وحدة تحكم Zoho، تحت Client Secret</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>From nothing to a first sync in a few minutes. You can stop at any step and go on later.</source>
   <translation>من الصفر إلى أول مزامنة في بضع دقائق. يمكنك التوقف عند أي خطوة والمتابعة لاحقًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>From the .env file</source>
   <translation>من ملف ‎.env</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>From the command line</source>
   <translation>من سطر الأوامر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>From the delivery to the end of its work.</source>
   <translation>من التسليم إلى نهاية عمله.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>From the delivery to the end of its work: of half of today's, and of 95 of 100.</source>
   <translation>من التسليم إلى نهاية عمله: لنصف تسليمات اليوم، ولـ95 من كل 100.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>From the environment</source>
   <translation>من متغيرات البيئة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Full</source>
   <translation>كاملة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Full sync</source>
   <translation>مزامنة كاملة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Full sync of everything</source>
   <translation>مزامنة كاملة للكل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Get a new code</source>
   <translation>الحصول على رمز جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <source>Gets a new refresh token; the old one is kept until the new one has worked.</source>
   <translation>يحصل على رمز تجديد جديد، ويُحتفظ بالقديم حتى ينجح الجديد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Getting ready for the browser…</source>
   <translation>جارٍ التحضير للمتصفح…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Give it up, with a reason (D)</source>
   <translation>استبعاده مع ذكر السبب (D)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Given</source>
   <translation>المرسل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Given up</source>
   <translation>تُرك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Go on editing</source>
   <translation>متابعة التعديل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Go on in the tray</source>
   <translation>الاستمرار في علبة النظام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <source>Go on with the set-up</source>
   <translation>متابعة الإعداد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Goes on by itself at {time}.</source>
   <translation>يتابع من تلقاء نفسه عند {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Goes on by itself once you have agreed in the browser</source>
   <translation>يتابع من تلقاء نفسه بعد موافقتك في المتصفح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Goes on by itself. Nothing was lost.</source>
   <translation>يستأنف تلقائيًا، ولم يُفقد شيء.</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>Good · %Ln value(s) changed</source>
   <translation>
    <numerusform>سليم · لم تتغيّر قيمة</numerusform>
    <numerusform>سليم · تغيّرت قيمة واحدة</numerusform>
    <numerusform>سليم · تغيّرت قيمتان</numerusform>
    <numerusform>سليم · تغيّرت %Ln قيم</numerusform>
    <numerusform>سليم · تغيّرت %Ln قيمة</numerusform>
    <numerusform>سليم · تغيّرت %Ln قيمة</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>Groups</source>
   <translation>المجموعات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_lists.py" />
   <source>Groups of dead letters</source>
   <translation>مجموعات السجلات المتعثّرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>HOW OFTEN</source>
   <translation>التكرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Header</source>
   <translation>الترويسة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Header present</source>
   <translation>الترويسة موجودة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Headers</source>
   <translation>الترويسات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Heard</source>
   <translation>مسموع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>Help and keys</source>
   <translation>المساعدة والمفاتيح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/main_window.py" />
   <source>Help: {screen}</source>
   <translation>مساعدة: {screen}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Hidden and not counted until then. A sync that stores it resolves it all the same.</source>
   <translation>يُخفى ولا يُحسَب حتى ذلك الحين. والمزامنة التي تخزنه تحله على أي حال.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Hidden and not counted until then. A sync that stores them resolves them all the same.</source>
   <translation>تُخفى ولا تُعَدّ حتى ذلك الحين. والمزامنة التي تخزّنها تحلّها رغم ذلك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>Hidden until {time}.</source>
   <translation>مخفية حتى {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>History</source>
   <translation>التاريخ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Homepage URL</source>
   <translation>عنوان الصفحة الرئيسية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>How long the code is valid</source>
   <translation>مدة صلاحية الرمز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>How many Zoho's plan sends a day; the inbox compares today's number with it.</source>
   <translation>كم ترسل باقة Zoho في اليوم؛ وتقارن به شاشة خطافات الويب عدد اليوم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>How often the stock walk is due.</source>
   <translation>كل كم دقيقة يُقرأ المخزون.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>How the sign-in stands is not known: its secrets cannot be read.</source>
   <translation>حالة تسجيل الدخول غير معروفة: تعذّرت قراءة أسراره.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>I have a self-client code</source>
   <translation>لديّ رمز عميل ذاتي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Image folder</source>
   <translation>مجلد الصور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Images</source>
   <translation>الصور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Images can be kept in {folder}.</source>
   <translation>يمكن حفظ الصور في ⁦{folder}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Import a .env file</source>
   <translation>استيراد ملف ‎.env</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Import an existing .env</source>
   <translation>استيراد ‎.env موجود</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>Import settings</source>
   <translation>استيراد الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Import…</source>
   <translation>استيراد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>In Zoho</source>
   <translation>في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>In Zoho's API console</source>
   <translation>في وحدة تحكم Zoho API</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>In Zoho's console open your self client, choose “Generate code”, paste the scope, and create the code. Then paste it here at once: it works one time, for a few minutes.</source>
   <translation>في وحدة تحكم Zoho افتح العميل الذاتي واختر «Generate code» وألصق النطاق وأنشئ الرمز، ثم ألصقه هنا فورًا: يعمل مرة واحدة ولبضع دقائق.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>In Zoho, add the header with the secret as its value.</source>
   <translation>أضف في Zoho الترويسة وقيمتها السر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>In Zoho, enter the secret as the webhook's secret token; or name the header in ZOHO_WEBHOOK_HEADER.</source>
   <translation>أدخل السر في Zoho رمزًا سريًا لخطاف الويب؛ أو سمِّ الترويسة في ZOHO_WEBHOOK_HEADER.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>In Zoho, open the webhook and give it the secret token that is set here; only then does Zoho sign.</source>
   <translation>افتح خطاف الويب في Zoho وأعطه الرمز السري المحدَّد هنا؛ عندها فقط يوقّع Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>In Zoho: Settings → Automation → Workflow Actions → Webhooks. One for each line with its address (click it to copy), this secret, POST and “Default payload”; and a workflow rule for the event that calls it.</source>
   <translation>في Zoho: الإعدادات ← الأتمتة ← إجراءات سير العمل ← خطافات الويب. واحد لكل سطر بعنوانه (انقره لنسخه) وهذا السر وPOST و“Default payload”؛ وقاعدة سير عمل للحدث تستدعيه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>In the encrypted file</source>
   <translation>في الملف المشفَّر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>In the keychain</source>
   <translation>في سلسلة المفاتيح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>In this computer's time ({zone})</source>
   <translation>بتوقيت هذا الحاسوب ({zone})</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Invoices</source>
   <translation>الفواتير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>It answers at {old}; by the settings it is {new} now. A restart takes a few seconds.</source>
   <translation>يجيب عند {old}، والعنوان في الإعدادات الآن {new}. تستغرق إعادة التشغيل بضع ثوانٍ.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>It came without headers.</source>
   <translation>جاء بلا ترويسات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>It cannot be tried again by itself.</source>
   <translation>لا يمكن إعادة محاولته وحده.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>It comes from {place} and is changed there.</source>
   <translation>مصدره {place} ويُغيَّر هناك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>It could not be done after several tries; its record went to the dead letters.</source>
   <translation>تعذّر تنفيذه بعد عدة محاولات؛ وذهب سجله إلى المتعثّرات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>It does not fit in today's {quota} calls: what is left over goes on tomorrow by itself.</source>
   <translation>لا يتسع في استدعاءات اليوم ({quota}): ما يبقى يستأنف غدًا تلقائيًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>It failed in the same way</source>
   <translation>فشل بالطريقة نفسها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>It failed, for another reason</source>
   <translation>فشل لسبب آخر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>It fits in today's {quota} calls, with all details.</source>
   <translation>يتسع في استدعاءات اليوم ({quota}) مع كل التفاصيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>It fits in today's {quota} calls; {waits}.</source>
   <translation>يتسع في استدعاءات اليوم ({quota})؛ {waits}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>It goes on when this window closes. After a restart of the computer start it again, or as a service.</source>
   <translation>يستمر بعد إغلاق هذه النافذة. وبعد إعادة تشغيل الحاسوب شغّله من جديد أو كخدمة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>It has probably run out: create a new one.</source>
   <translation>انتهت صلاحيته على الأرجح: أنشئ رمزًا جديدًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>It holds the data of {organization}.</source>
   <translation>فيها بيانات {organization}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>It is being done now.</source>
   <translation>يُنفَّذ الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>It is being started or ended.</source>
   <translation>يجري تشغيله أو إنهاؤه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>It is being tried.</source>
   <translation>جارٍ محاولته.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>It is kept and waits for its turn.</source>
   <translation>محفوظ وينتظر دوره.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>It is no longer tried or counted. It can be restored for 90 days.</source>
   <translation>لن يُحاوَل ولن يُحسَب بعد الآن. يمكن استعادته خلال 90 يومًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>It is resolved already.</source>
   <translation>حُلّ بالفعل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>It is starting.</source>
   <translation>قيد البدء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>It may have been cut off on the way: look at the proxy in front of the listener.</source>
   <translation>ربما قُطع في الطريق: انظر في الوكيل أمام المستمع.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>It names no record: there is nothing to do again.</source>
   <translation>لا يسمّي سجلًا: لا شيء ليُعاد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>It replaces the notes they have.</source>
   <translation>تحل محل ملاحظاتها الحالية.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>It runs already.</source>
   <translation>تعمل بالفعل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>It stays open for as long as the program runs.</source>
   <translation>يبقى مفتوحًا ما دام البرنامج يعمل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_connection.py" />
   <source>It stays open until the program ends. TSH_SECRET_KEY in the environment opens it without asking.</source>
   <translation>يبقى مفتوحًا حتى ينتهي البرنامج. ويفتحه TSH_SECRET_KEY في البيئة دون سؤال.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/asking.py" />
   <source>It stops after the page in work; nothing is half-written, and the next start goes on from there.</source>
   <translation>تتوقف بعد الصفحة الجارية؛ لا شيء يبقى نصف مكتوب، ويستأنف التشغيل التالي من هناك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <source>It takes {price}; {left} are left today. What does not fit waits until {time} and goes on from there.</source>
   <translation>الكلفة {price}، والمتبقي اليوم {left}. ما لا يتسع ينتظر حتى {time} ثم يستأنف.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>It was answered with {status}, kept to be looked at, and not processed.</source>
   <translation>أُجيب عنه بالرمز {status}، وحُفظ للاطلاع عليه، ولم يُعالج.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>It was cancelled before it was done; the next sync finds the change.</source>
   <translation>أُلغي قبل تنفيذه؛ تجد المزامنة التالية التغيير.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>It was discarded. Restore it first.</source>
   <translation>استُبعد. استعِده أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>It was not started from a window; end it where it was started.</source>
   <translation>لم يُشغَّل من نافذة؛ أنهِه حيث شُغِّل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>It was read a short while ago. “Full sync” on its card reads it now.</source>
   <translation>قُرئ قبل قليل. يقرؤه «مزامنة كاملة» في بطاقته الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>It was rejected: open it in the list to see why.</source>
   <translation>رُفض: افتحه في القائمة لترى السبب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>It went to Resolved.</source>
   <translation>انتقل إلى «محلول».</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Its body held the whole record; that was stored, without a call.</source>
   <translation>ضمّ متنه السجل كله؛ فخُزّن بلا استدعاء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Its record has not changed here since it came.</source>
   <translation>لم يتغير سجله هنا منذ وروده.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Its record is gone in Zoho; it is marked as deleted here.</source>
   <translation>سجله لم يعد موجودًا في Zoho؛ وُسم هنا بأنه محذوف.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Its record was fetched from Zoho and stored.</source>
   <translation>جُلب سجله من Zoho وخُزّن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Its replay</source>
   <translation>إعادته</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>Its signature and secrets are dots: sent as it is, it will be rejected.</source>
   <translation>توقيعه وأسراره نقاط: إن أُرسل كما هو فسيُرفض.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Its text cannot be edited.</source>
   <translation>لا يمكن تعديل نصه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>JSON (*.json)</source>
   <translation>JSON (*.json)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>JSON with spaces</source>
   <translation>JSON بمسافات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>JSON without spaces</source>
   <translation>JSON بلا مسافات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Job</source>
   <translation>مهمة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Keep</source>
   <translation>إبقاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Keep API bodies</source>
   <translation>حفظ نصوص API</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>Keep it running</source>
   <translation>إبقاؤه يعمل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Keep open</source>
   <translation>إبقاؤه مفتوحًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Keep product images</source>
   <translation>حفظ صور المنتجات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Keep request and answer bodies, redacted, for 7 days.</source>
   <translation>حفظ نصوص الطلبات والردود منقَّحة لسبعة أيام.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Keeping the address…</source>
   <translation>جارٍ حفظ العنوان…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Keeping the app…</source>
   <translation>جارٍ حفظ التطبيق…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Keeping the limits…</source>
   <translation>جارٍ حفظ الحدود…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Keeping the organization…</source>
   <translation>جارٍ حفظ المؤسسة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Kept in the database, which is not open.</source>
   <translation>محفوظ في قاعدة البيانات، وهي غير مفتوحة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Kept: {dots}. Leave empty to keep it.</source>
   <translation>محفوظ: {dots}. اتركه فارغًا لإبقائه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Language</source>
   <translation>اللغة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Last delivery</source>
   <translation>آخر تسليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <source>Last delivery {when}.</source>
   <translation>آخر تسليم {when}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Last good</source>
   <translation>آخر سليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>Last good run {when}</source>
   <translation>آخر تشغيل ناجح {when}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/payload_tree.py" />
   <source>Last good: {value}</source>
   <translation>آخر سليم: {value}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Last one was resolved {time}.</source>
   <translation>حُلّ آخرها {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>Last run</source>
   <translation>آخر تشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Last seen</source>
   <translation>آخر ظهور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Last stored here {time}.</source>
   <translation>خُزِّن هنا آخر مرة {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Last tried</source>
   <translation>آخر محاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Last tried {time}</source>
   <translation>آخر محاولة {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Late</source>
   <translation>متأخر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Leave</source>
   <translation>خروج</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Leave without trying it?</source>
   <translation>الخروج دون المحاولة؟</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Left out, for they were rejected or name no record: %Ln.</source>
   <translation>
    <numerusform>لم يُترك شيء.</numerusform>
    <numerusform>تُرك واحد لأنه مرفوض أو لا يسمّي سجلًا.</numerusform>
    <numerusform>تُرك اثنان لأنهما مرفوضان أو لا يسمّيان سجلًا.</numerusform>
    <numerusform>تُركت %Ln لأنها مرفوضة أو لا تسمّي سجلًا.</numerusform>
    <numerusform>تُرك %Ln لأنها مرفوضة أو لا تسمّي سجلًا.</numerusform>
    <numerusform>تُرك %Ln لأنها مرفوضة أو لا تسمّي سجلًا.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Length</source>
   <translation>الطول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Let the list follow again (Space)</source>
   <translation>اجعل القائمة تتابع من جديد (Space)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Let the system set the clock by the network. Syncs go by the database's and Zoho's clocks meanwhile.</source>
   <translation>دع النظام يضبط الساعة عبر الشبكة. تعتمد المزامنة في هذه الأثناء على ساعتي قاعدة البيانات وZoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Light</source>
   <translation>فاتح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>Light appearance</source>
   <translation>المظهر الفاتح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Light, dark, or as the system.</source>
   <translation>فاتح أو داكن أو كما في النظام.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Limits</source>
   <translation>الحدود</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Line</source>
   <translation>السطر</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>Line %Ln</source>
   <translation>
    <numerusform>السطر %Ln</numerusform>
    <numerusform>السطر %Ln</numerusform>
    <numerusform>السطر %Ln</numerusform>
    <numerusform>السطر %Ln</numerusform>
    <numerusform>السطر %Ln</numerusform>
    <numerusform>السطر %Ln</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Lines of the file</source>
   <translation>أسطر الملف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Listener</source>
   <translation>المستمع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Listener: port</source>
   <translation>المستمع: المنفذ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Listener: this computer's address</source>
   <translation>المستمع: عنوان هذا الحاسوب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Live</source>
   <translation>مباشر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Local callers need no token</source>
   <translation>المستدعون المحليون بلا رمز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>Log</source>
   <translation>السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Logs</source>
   <translation>السجلات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Look at the demo</source>
   <translation>مشاهدة العرض التجريبي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Look which records are gone in Zoho</source>
   <translation>البحث عن السجلات التي لم تعد في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Looking for deleted records</source>
   <translation>البحث عن السجلات المحذوفة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Looking what is kept…</source>
   <translation>جارٍ النظر فيما هو محفوظ…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Looking: {done} of {all}</source>
   <translation>جارٍ الفحص: {done} من {all}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Looking…</source>
   <translation>جارٍ الفحص…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Machine</source>
   <translation>الجهاز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Mail and chat addresses</source>
   <translation>عناوين البريد والمحادثة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Make a new one</source>
   <translation>إنشاء سر جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>Make an encrypted file for secrets</source>
   <translation>إنشاء ملف مشفَّر للأسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Make an encrypted file with `tsh-sync config vault file` or in Settings → Connection, or set the secrets in the environment.</source>
   <translation>أنشئ ملفًا مشفَّرًا بالأمر `tsh-sync config vault file` أو في الإعدادات ← الاتصال، أو اضبط الأسرار في البيئة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <location filename="tsh_sync_gui/ui/wizard/page.py" />
   <source>Make an encrypted file…</source>
   <translation>إنشاء ملف مشفَّر…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_connection.py" />
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>Make the file</source>
   <translation>إنشاء الملف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Making a new secret…</source>
   <translation>جارٍ إنشاء سرّ جديد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>Making the file…</source>
   <translation>جارٍ إنشاء الملف…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/models/paged.py" />
   <source>Mark all that are read, or none</source>
   <translation>تحديد كل ما قُرئ، أو إلغاء التحديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/models/paged.py" />
   <source>Mark {record}</source>
   <translation>تحديد {record}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Marked as deleted here {time}.</source>
   <translation>عُلّم هنا محذوفًا {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Mend the record and try it (E)</source>
   <translation>إصلاح السجل ثم محاولته (E)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Mended in Zoho</source>
   <translation>أُصلح في Zoho</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Met %Ln time(s) as lists were read. It was not tried by itself yet.</source>
   <translation>
    <numerusform>لم يُصادَف عند قراءة القوائم. لم يُحاوَل بمفرده بعد.</numerusform>
    <numerusform>صودف مرة واحدة عند قراءة القوائم. لم يُحاوَل بمفرده بعد.</numerusform>
    <numerusform>صودف مرتين عند قراءة القوائم. لم يُحاوَل بمفرده بعد.</numerusform>
    <numerusform>صودف %Ln مرات عند قراءة القوائم. لم يُحاوَل بمفرده بعد.</numerusform>
    <numerusform>صودف %Ln مرة عند قراءة القوائم. لم يُحاوَل بمفرده بعد.</numerusform>
    <numerusform>صودف %Ln مرة عند قراءة القوائم. لم يُحاوَل بمفرده بعد.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>Minutes between two runs</source>
   <translation>الدقائق بين تشغيلين</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>Missing permission: {scope}</source>
   <translation>إذن ناقص: {scope}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Mobile or desktop</source>
   <translation>هاتف أو سطح مكتب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Mobile or desktop application</source>
   <translation>تطبيق هاتف أو سطح مكتب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>Mode</source>
   <translation>النوع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Module</source>
   <translation>الوحدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Mon</source>
   <translation>الاثنين</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Mondays</source>
   <translation>أيام الاثنين</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/card.py" />
   <source>More actions for {entity}</source>
   <translation>إجراءات أخرى لـ{entity}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>More than one page</source>
   <translation>أكثر من صفحة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>More to do with this group</source>
   <translation>المزيد لهذه المجموعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>More to do with this letter</source>
   <translation>المزيد لهذا السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>More to do with webhooks</source>
   <translation>المزيد مع خطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>More to do with what is listed or marked</source>
   <translation>المزيد لما هو معروض أو محدَّد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>More ways to sync everything</source>
   <translation>طرق أخرى لمزامنة الكل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>NEXT RUNS</source>
   <translation>التشغيلات التالية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Name</source>
   <translation>الاسم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Name or address of the server, such as erp.example.com.</source>
   <translation>اسم الخادم أو عنوانه، مثل erp.example.com.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Needs you</source>
   <translation>بانتظارك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Neither side of this record is kept.</source>
   <translation>لا يُحفظ أيٌّ من جانبي هذا السجل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Never heard</source>
   <translation>لم يُسمع قط</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Never run</source>
   <translation>لم يُشغَّل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>New</source>
   <translation>جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>New secret</source>
   <translation>سرّ جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>New since I looked</source>
   <translation>جديد منذ اطّلعت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>New since you looked</source>
   <translation>جديد منذ اطّلعت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/page.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <location filename="tsh_sync_gui/ui/wizard/sheet.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Next</source>
   <translation>التالي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Next run</source>
   <translation>التشغيل التالي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Next run –</source>
   <translation>التشغيل التالي –</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Next try {time}</source>
   <translation>المحاولة التالية {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/state/tray.py" />
   <source>Next {when}</source>
   <translation>التالي {when}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Next: {entity} at {time}</source>
   <translation>التالي: {entity} في {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/alerts.py" />
   <source>No alerts. What fails, needs you or is about to run out appears here.</source>
   <translation>لا تنبيهات. يظهر هنا ما يفشل أو يحتاج إليك أو يوشك أن ينفد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>No answer is kept.</source>
   <translation>لا رد محفوظ.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>No browser could be opened. Copy the link, open it in any browser, and sign in there.</source>
   <translation>تعذّر فتح متصفح. انسخ الرابط وافتحه في أي متصفح وسجّل الدخول هناك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>No calls are kept for this run.</source>
   <translation>لا استدعاءات محفوظة لهذا التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>No dead letter is what you look for. Clear the search to see all.</source>
   <translation>لا سجل متعثّرًا مما تبحث عنه. امسح البحث لترى الكل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>No delivery matches.</source>
   <translation>لا تسليم مطابق.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>No difference to the last good version is known.</source>
   <translation>لا فرق معروفًا عن آخر نسخة سليمة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_coverage.py" />
   <source>No event is planned.</source>
   <translation>لا حدث مخطط له.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>No failed records</source>
   <translation>لا سجلات فاشلة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>No good run for {time}</source>
   <translation>لا تشغيل ناجح منذ {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>No good run yet</source>
   <translation>لا تشغيل ناجح بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>No listener answers at {address}.</source>
   <translation>لا يجيب أي مستمع على {address}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>No listener runs here: deliveries are not received. Polling covers all changes while a window or a worker runs.</source>
   <translation>لا يعمل أي مستمع هنا، فلا تُستقبل التسليمات. ويغطي الاستعلام الدوري كل التغييرات ما دامت نافذة أو عامل قيد التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>No listener runs on this computer yet: deliveries are not received. It goes on when the window closes.</source>
   <translation>لا يعمل أي مستمع على هذا الحاسوب بعد: لا تُستقبل التسليمات. ويستمر بعد إغلاق النافذة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>No longer needed</source>
   <translation>لم يعد لازمًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/state/tray.py" />
   <source>No next run</source>
   <translation>لا تشغيل تاليًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>No notice and no message then, such as 22:00-06:00 in the organization's zone; messages go out afterwards.</source>
   <translation>لا إشعار ولا رسالة حينها، مثل ‎22:00-06:00‎ بتوقيت المؤسسة، وتُرسل الرسائل بعدها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>No notices. What the program finds out about your organization appears here.</source>
   <translation>لا إشعارات. ما يكتشفه البرنامج عن مؤسستك يظهر هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>No organization</source>
   <translation>لا مؤسسة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>No organization yet</source>
   <translation>لا مؤسسة بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>No public address is set yet.</source>
   <translation>لم يُحدَّد عنوان عام بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>No public address is set yet: {here}</source>
   <translation>لم يُحدَّد عنوان عام بعد: {here}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>No public address is set: Zoho delivers nothing. Polling covers all changes while a window or a worker runs.</source>
   <translation>لم يُحدَّد عنوان عام، فلا يُسلِّم Zoho شيئًا. ويغطي الاستعلام الدوري كل التغييرات ما دامت نافذة أو عامل قيد التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>No record failed in this run.</source>
   <translation>لم يفشل أي سجل في هذا التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/preview.py" />
   <source>No record would be touched.</source>
   <translation>لن يُمسّ أي سجل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>No redirect: you paste a code that Zoho shows you.</source>
   <translation>بلا إعادة توجيه: تلصق رمزًا يعرضه لك Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>No runs yet. Each sync adds a line here: who started it, what it changed, what it cost.</source>
   <translation>لا تشغيل بعد. كل مزامنة تضيف سطرًا هنا: من بدأها وما غيّرته وما كلّفته.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>No schedule</source>
   <translation>بلا جدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>No scheme matches: the secrets differ, or the body was changed on the way</source>
   <translation>لا طريقة تطابق: السران مختلفان، أو تغيّر النص في الطريق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>No secret header</source>
   <translation>لا ترويسة سرية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>No secret is set here: make one, and enter it in Zoho's webhooks with the address.</source>
   <translation>لم يُحدَّد سر هنا: أنشئ واحدًا وأدخله مع العنوان في خطافات الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>No secret is set: every delivery is rejected.</source>
   <translation>لا سر محدَّد: يُرفض كل تسليم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>No setting is called that.</source>
   <translation>لا إعداد بهذا الاسم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>No sign of life for {time}</source>
   <translation>لا إشارة منذ {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>No signature</source>
   <translation>لا توقيع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>No try is kept of it.</source>
   <translation>لا محاولات محفوظة له.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>No webhook has come yet, and no public address is set: syncs find every change.</source>
   <translation>لم يرد أي خطاف ويب بعد ولم يُحدَّد عنوان عام: تجد المزامنات كل تغيير.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>No webhook secret is set here</source>
   <translation>لم يُحدَّد هنا سر لخطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>No workflow rule in Zoho calls the webhook yet, or nothing has changed since it does.</source>
   <translation>لا قاعدة سير عمل في Zoho تستدعي خطاف الويب بعد، أو لم يتغير شيء منذ ذلك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Nobody</source>
   <translation>لا أحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Nobody has done anything with it yet.</source>
   <translation>لم يفعل أحد به شيئًا بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>Nobody has them now.</source>
   <translation>لم تعد مُسنَدة إلى أحد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/paged_table.py" />
   <source>None is left. Esc shows the others.</source>
   <translation>لم يبقَ شيء. اضغط Esc لعرض البقية.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>None of them can be replayed.</source>
   <translation>لا يمكن إعادة أيٍّ منها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>None was computed.</source>
   <translation>لم يُحسب أي منها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>Not allowed: {entities}</source>
   <translation>غير مسموح: {entities}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Not available here</source>
   <translation>غير متاح هنا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <source>Not connected to Zoho yet</source>
   <translation>غير متصل بـZoho بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Not looked at</source>
   <translation>لم يُفحص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Not processed</source>
   <translation>لم يُعالَج</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>Not saved yet.</source>
   <translation>لم يُحفظ بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>Not signed in to Zoho yet.</source>
   <translation>لم يُسجَّل الدخول إلى Zoho بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <source>Not synced: {why}</source>
   <translation>لم تتم المزامنة: {why}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Not told of</source>
   <translation>لم يُخبر بها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Not yet</source>
   <translation>لم يحن بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Note</source>
   <translation>ملاحظة</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Note at %Ln failed record(s)</source>
   <translation>
    <numerusform>ملاحظة عند لا سجلات</numerusform>
    <numerusform>ملاحظة عند سجل واحد</numerusform>
    <numerusform>ملاحظة عند سجلين</numerusform>
    <numerusform>ملاحظة عند %Ln سجلات</numerusform>
    <numerusform>ملاحظة عند %Ln سجلًا</numerusform>
    <numerusform>ملاحظة عند %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>Note kept at %Ln record(s)</source>
   <translation>
    <numerusform>حُفظت الملاحظة عند لا سجلات</numerusform>
    <numerusform>حُفظت الملاحظة عند سجل واحد</numerusform>
    <numerusform>حُفظت الملاحظة عند سجلين</numerusform>
    <numerusform>حُفظت الملاحظة عند %Ln سجلات</numerusform>
    <numerusform>حُفظت الملاحظة عند %Ln سجلًا</numerusform>
    <numerusform>حُفظت الملاحظة عند %Ln سجل</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Note written</source>
   <translation>كُتبت ملاحظة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Note…</source>
   <translation>ملاحظة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Nothing has changed in the simulated Zoho since: let it change something.</source>
   <translation>لم يتغير شيء في Zoho المحاكى منذ ذلك: دعه يغيّر شيئًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Nothing has changed since the last try.</source>
   <translation>لم يتغيّر شيء منذ المحاولة الأخيرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <source>Nothing has come in yet.</source>
   <translation>لم يرد شيء بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Nothing here</source>
   <translation>لا شيء هنا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/command_palette.py" />
   <source>Nothing is called that.</source>
   <translation>لا شيء بهذا الاسم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/session.py" />
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Nothing is due</source>
   <translation>لا شيء مستحق الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>Nothing is kept of this run.</source>
   <translation>لا شيء محفوظ عن هذا التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedules.py" />
   <source>Nothing is known of schedules yet; they appear when the database is open.</source>
   <translation>لا يُعرف شيء عن الجداول بعد، وتظهر حين تُفتح قاعدة البيانات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/accounts" />
   <source>Nothing is lost. Syncs wait. Most often someone removed the app in Zoho, or it was connected more than 20 times.</source>
   <translation>لم يُفقد شيء، والمزامنة تنتظر. غالبًا أزال أحدهم التطبيق في Zoho، أو رُبط أكثر من 20 مرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Nothing is lost. The next sync goes on from here.</source>
   <translation>لم يُفقد شيء. تستأنف المزامنة التالية من هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Nothing is scheduled, or something else has to come first; the Schedules screen says what.</source>
   <translation>لا شيء مجدول، أو يجب أن يسبقه شيء آخر، وتقول شاشة الجداول ما هو.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/banners.py" />
   <source>Nothing is synced and no webhook is checked until it is opened.</source>
   <translation>لا تتم أي مزامنة ولا يُفحص أي إشعار ويب حتى يُفتح.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Nothing matches</source>
   <translation>لا شيء يطابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>Nothing runs</source>
   <translation>لا شيء قيد التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Nothing runs any more. Close now?</source>
   <translation>لم يعد شيء قيد التشغيل. هل تُغلق الآن؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Nothing runs any more. Open the database again now?</source>
   <translation>لم يعد شيء قيد التشغيل. هل تُفتح قاعدة البيانات من جديد الآن؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Nothing runs any more. Show the window in the other language now?</source>
   <translation>لم يعد شيء قيد التشغيل. هل تُعرض النافذة باللغة الأخرى الآن؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>Nothing runs by itself.</source>
   <translation>لا شيء يُشغَّل تلقائيًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Nothing runs.</source>
   <translation>لا شيء قيد التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Nothing synced yet</source>
   <translation>لم تجرِ أي مزامنة بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Nothing synced yet.</source>
   <translation>لم تجرِ أي مزامنة بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Nothing to compare: no good version of this record is kept.</source>
   <translation>لا شيء للمقارنة: لا نسخة سليمة محفوظة من هذا السجل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Nothing to do</source>
   <translation>لا شيء ليُفعل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Nothing to hear</source>
   <translation>لا شيء ليُسمع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>Nothing was changed yet.</source>
   <translation>لم يتغيّر شيء بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Nothing was changed.</source>
   <translation>لم يتغيّر شيء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Nothing was checked yet</source>
   <translation>لم يُفحص شيء بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Nothing was half-written; the next sync goes on from here.</source>
   <translation>لم يُكتب شيء ناقصًا؛ تكمل المزامنة التالية من هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Nothing was sent: the record came in a page of the list.</source>
   <translation>لم يُرسَل شيء: جاء السجل في صفحة من القائمة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Nothing was tried</source>
   <translation>لم يُجرَّب شيء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_acts.py" />
   <source>Nothing was tried again yet.</source>
   <translation>لم تُعَد أي محاولة بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>Nothing was written to {file}. Is it open in another program, or is the folder protected?</source>
   <translation>لم يُكتب شيء في {file}. هل الملف مفتوح في برنامج آخر، أو المجلد محمي؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Notices</source>
   <translation>الإشعارات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Number</source>
   <translation>العدد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Number of days</source>
   <translation>عدد الأيام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Off</source>
   <translation>مطفأ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Off: deliveries are kept and wait, also over a restart.</source>
   <translation>عند الإيقاف: تُحفظ التسليمات وتنتظر، حتى بعد إعادة التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Off: no call leaves by schedule or worker; a person's action asks first.</source>
   <translation>مطفأ: لا يخرج استدعاء بالجدول أو بالعامل، وإجراء الشخص يُسأل عنه أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Older than 2 days</source>
   <translation>أقدم من يومين</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/widgets/setting_row.py" />
   <source>On</source>
   <translation>مفعَّل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>On this computer</source>
   <translation>على هذا الحاسوب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>One delivery</source>
   <translation>تسليم واحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>One delivery waits again</source>
   <translation>تسليم واحد ينتظر من جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>One line for each cause (G)</source>
   <translation>سطر لكل سبب (G)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>One line for each record (G)</source>
   <translation>سطر لكل سجل (G)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>One record</source>
   <translation>سجل واحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>One record…</source>
   <translation>سجل واحد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>One request leaves, once (Ctrl+Enter)</source>
   <translation>يُرسَل طلب واحد، مرة واحدة (Ctrl+Enter)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>One run</source>
   <translation>تشغيل واحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>One small request for each kind of record shows what the sign-in may read and write.</source>
   <translation>طلب صغير لكل نوع من السجلات يبيّن ما يجوز لتسجيل الدخول قراءته وكتابته.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Only a record that Zoho sent can be edited, and this is none.</source>
   <translation>لا يُعدَّل إلا سجل أرسله Zoho، وهذا ليس كذلك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Only if Zoho shows one</source>
   <translation>فقط إن عرض Zoho واحدًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Only mine</source>
   <translation>ما يخصّني فقط</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>Only this cause: {cause}. Click to see all again.</source>
   <translation>هذا السبب فقط: {cause}. انقر لترى الكل من جديد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Only what a person asks for runs. Switch it on in Settings → Limits.</source>
   <translation>لا يعمل إلا ما يطلبه شخص. شغّلها في الإعدادات ← الحدود.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Only what changed within days or dates you choose</source>
   <translation>ما تغيّر خلال أيام أو تواريخ تختارها فقط</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/tray.py" />
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <source>Open</source>
   <translation>فتح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Open Zoho's API console</source>
   <translation>فتح وحدة تحكم Zoho API</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Open a record of it to see what was refused.</source>
   <translation>افتح سجلًا منها لترى ما رُفض.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Open dead letters</source>
   <translation>فتح المتعثّرات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Open dead letters of this run</source>
   <translation>فتح السجلات المتعثّرة لهذا التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/widgets/banners.py" />
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <location filename="tsh_sync_gui/ui/wizard/page.py" />
   <source>Open it…</source>
   <translation>فتحه…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Open settings</source>
   <translation>فتح الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Open the browser again</source>
   <translation>فتح المتصفح مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Open the console, choose “Add client” and this type, and paste the values.</source>
   <translation>افتح وحدة التحكم واختر «Add client» وهذا النوع، ثم ألصق القيم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/banners.py" />
   <location filename="tsh_sync_gui/ui/widgets/database_tools.py" />
   <source>Open the database again</source>
   <translation>فتح قاعدة البيانات مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_connection.py" />
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>Open the file of secrets</source>
   <translation>فتح ملف الأسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Open the run</source>
   <translation>فتح التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <source>Open the set-up</source>
   <translation>فتح الإعداد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>Opening the file…</source>
   <translation>جارٍ فتح الملف…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>Opening the set-up…</source>
   <translation>جارٍ فتح الإعداد…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Operation</source>
   <translation>العملية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Or paste an address</source>
   <translation>أو ألصق عنوانًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Or paste the address you landed on</source>
   <translation>أو ألصق العنوان الذي وصلت إليه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Organization</source>
   <translation>المؤسسة</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>Other than in the last good version: %Ln value(s).</source>
   <translation>
    <numerusform>لا يختلف شيء عن آخر نسخة سليمة.</numerusform>
    <numerusform>تختلف قيمة واحدة عن آخر نسخة سليمة.</numerusform>
    <numerusform>تختلف قيمتان عن آخر نسخة سليمة.</numerusform>
    <numerusform>تختلف %Ln قيم عن آخر نسخة سليمة.</numerusform>
    <numerusform>تختلف %Ln قيمة عن آخر نسخة سليمة.</numerusform>
    <numerusform>تختلف %Ln قيمة عن آخر نسخة سليمة.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Other ways to begin</source>
   <translation>طرق أخرى للبدء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Out of order</source>
   <translation>خارج الترتيب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>PHASES</source>
   <translation>المراحل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Pages stored</source>
   <translation>الصفحات المخزَّنة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Partly done</source>
   <translation>اكتمل جزئيًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <source>Passphrase</source>
   <translation>عبارة المرور</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <source>Passphrase, at least %Ln characters</source>
   <translation>
    <numerusform>عبارة مرور من %Ln حرف على الأقل</numerusform>
    <numerusform>عبارة مرور من %Ln حرف على الأقل</numerusform>
    <numerusform>عبارة مرور من %Ln حرف على الأقل</numerusform>
    <numerusform>عبارة مرور من %Ln أحرف على الأقل</numerusform>
    <numerusform>عبارة مرور من %Ln حرفًا على الأقل</numerusform>
    <numerusform>عبارة مرور من %Ln حرف على الأقل</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Password</source>
   <translation>كلمة المرور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_acts.py" />
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>Past retries</source>
   <translation>المحاولات السابقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Paste the code that Zoho shows.</source>
   <translation>ألصق الرمز الذي يعرضه Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Path of the .env file</source>
   <translation>مسار ملف ‎.env</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Path segment for Zoho Books; Inventory is v1.</source>
   <translation>مقطع المسار لـZoho Books؛ أما Inventory فهو v1.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Pause</source>
   <translation>إيقاف مؤقت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Pause all</source>
   <translation>إيقاف الكل مؤقتًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Pause processing</source>
   <translation>إيقاف المعالجة مؤقتًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>Pause schedules</source>
   <translation>إيقاف الجداول مؤقتًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Pause the list (Space)</source>
   <translation>إيقاف القائمة مؤقتًا (Space)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Paused</source>
   <translation>موقوف مؤقتًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Paused {until}, by {person}</source>
   <translation>موقوف مؤقتًا {until}، بواسطة {person}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <location filename="tsh_sync_gui/ui/panels/schedules.py" />
   <source>Pause…</source>
   <translation>إيقاف مؤقت…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Payload</source>
   <translation>المحتوى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Payments</source>
   <translation>المدفوعات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Permissions</source>
   <translation>الأذونات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Person</source>
   <translation>الشخص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Ping</source>
   <translation>نبضة اختبار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>Polling covers changes every {time} while a window or a worker runs.</source>
   <translation>يغطي الاستعلام الدوري التغييرات كل {time} ما دامت نافذة أو عامل قيد التشغيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Port</source>
   <translation>المنفذ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>PostgreSQL {version}</source>
   <translation>PostgreSQL {version}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>PostgreSQL {version}, {where}</source>
   <translation>PostgreSQL {version}، {where}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/embedded/server.py" />
   <source>Preparing the database</source>
   <translation>تجهيز قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/main_window.py" />
   <location filename="tsh_sync_gui/ui/panels/preview.py" />
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Preview</source>
   <translation>معاينة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Preview everything</source>
   <translation>معاينة الكل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Price lists</source>
   <translation>قوائم الأسعار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Processing</source>
   <translation>المعالجة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Processing is paused</source>
   <translation>المعالجة متوقفة مؤقتًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Product images are not kept (ZOHO_IMAGE_CACHE_ENABLED is false).</source>
   <translation>لا تُحفظ صور المنتجات (ZOHO_IMAGE_CACHE_ENABLED قيمته false).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Product: {name}</source>
   <translation>المنتج: {name}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/entities" />
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Products</source>
   <translation>المنتجات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Programs on this computer may call the HTTP API without a token.</source>
   <translation>يجوز لبرامج هذا الحاسوب استدعاء HTTP API بلا رمز.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Public address</source>
   <translation>العنوان العام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Public address of images</source>
   <translation>العنوان العام للصور</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Put off</source>
   <translation>أُرجئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>QUIET HOURS</source>
   <translation>ساعات الهدوء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>Quiet hours</source>
   <translation>ساعات الهدوء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>Quit</source>
   <translation>إنهاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/preview.py" />
   <source>RECORDS</source>
   <translation>السجلات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Reached {where}</source>
   <translation>تم الوصول إلى {where}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Read</source>
   <translation>قراءة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Read the file</source>
   <translation>قراءة الملف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Read them again</source>
   <translation>اقرأها من جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Reading the coverage…</source>
   <translation>جارٍ قراءة التغطية…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_lists.py" />
   <source>Reading the dead letters…</source>
   <translation>جارٍ قراءة السجلات المتعثّرة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <source>Reading the deliveries…</source>
   <translation>جارٍ قراءة التسليمات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Reading the file…</source>
   <translation>جارٍ قراءة الملف…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Reading the limits…</source>
   <translation>جارٍ قراءة الحدود…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Reading the list</source>
   <translation>قراءة القائمة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Reading the settings…</source>
   <translation>جارٍ قراءة الإعدادات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Reading…</source>
   <translation>قراءة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Reason</source>
   <translation>السبب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Received</source>
   <translation>ورد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Record</source>
   <translation>السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/payload_tree.py" />
   <source>Record as a tree</source>
   <translation>السجل كشجرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Record as text</source>
   <translation>السجل كنص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Record id</source>
   <translation>رقم السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>Record {id} was refused: {field} {reason}</source>
   <translation>رُفض السجل {id}: {field} {reason}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Records</source>
   <translation>السجلات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Records a minute</source>
   <translation>سجلات في الدقيقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Records per page</source>
   <translation>السجلات في الصفحة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Records seen</source>
   <translation>السجلات المقروءة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Records that cannot be taken wait here with their reason.</source>
   <translation>تنتظر هنا السجلات التي لا يمكن أخذها، مع السبب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>Records to delete</source>
   <translation>سجلات ستُحذف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Redeeming the code…</source>
   <translation>جارٍ استبدال الرمز…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>Refresh</source>
   <translation>تحديث العرض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Refresh token</source>
   <translation>رمز التجديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Refused</source>
   <translation>المرفوض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Refused today: their signature does not match. Open one to see why.</source>
   <translation>رُفضت اليوم: توقيعها لا يطابق. افتح واحدًا لترى السبب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Region: {region}</source>
   <translation>المنطقة: {region}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Rejected</source>
   <translation>مرفوض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Remark</source>
   <translation>ملاحظة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Remove the parameters (what follows the “?”) from the webhook's address in Zoho.</source>
   <translation>أزل المعاملات (ما بعد «?») من عنوان خطاف الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Remove them in Zoho.</source>
   <translation>أزلها في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <source>Renew the sign-in</source>
   <translation>تجديد تسجيل الدخول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/embedded/server.py" />
   <source>Renewing the database's password</source>
   <translation>تجديد كلمة مرور قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Replay</source>
   <translation>إعادة</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Replay %Ln chosen…</source>
   <translation>
    <numerusform>إعادة المحدَّد…</numerusform>
    <numerusform>إعادة المحدَّد الواحد…</numerusform>
    <numerusform>إعادة المحدَّدَين…</numerusform>
    <numerusform>إعادة %Ln محدَّدة…</numerusform>
    <numerusform>إعادة %Ln محدَّدًا…</numerusform>
    <numerusform>إعادة %Ln محدَّد…</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Replay %Ln deliveries?</source>
   <translation>
    <numerusform>إعادة التسليمات؟</numerusform>
    <numerusform>إعادة تسليم واحد؟</numerusform>
    <numerusform>إعادة تسليمين؟</numerusform>
    <numerusform>إعادة %Ln تسليمات؟</numerusform>
    <numerusform>إعادة %Ln تسليمًا؟</numerusform>
    <numerusform>إعادة %Ln تسليم؟</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Replay everything since…</source>
   <translation>إعادة كل شيء منذ…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Replay of</source>
   <translation>إعادة لـ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Replay this delivery?</source>
   <translation>إعادة هذا التسليم؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Replay · {price}</source>
   <translation>إعادة · {price}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>Replayed as</source>
   <translation>أُعيد بالرقم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Replay…</source>
   <translation>إعادة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <source>Request</source>
   <translation>الطلب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Resets at {time}. This minute {used}/{limit}.</source>
   <translation>تتجدد الحصة عند {time}. هذه الدقيقة ⁦{used}/{limit}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Resolved</source>
   <translation>محلول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>Restart the listener</source>
   <translation>إعادة تشغيل المستمع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Restore</source>
   <translation>استعادة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Restored</source>
   <translation>استُعيد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>Result</source>
   <translation>النتيجة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/command_palette.py" />
   <source>Results</source>
   <translation>النتائج</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Resume</source>
   <translation>استئناف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Resume all</source>
   <translation>استئناف الكل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Resume processing</source>
   <translation>استئناف المعالجة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>Resume schedules</source>
   <translation>استئناف الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Retried {done}</source>
   <translation>أُعيدت المحاولة {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Retry</source>
   <translation>إعادة المحاولة</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_acts.py" />
   <source>Retry %Ln chosen record(s)?</source>
   <translation>
    <numerusform>إعادة محاولة السجلات المحدَّدة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة السجلات المحدَّدة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة السجلات المحدَّدة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة السجلات المحدَّدة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة السجلات المحدَّدة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة السجلات المحدَّدة (%Ln)؟</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>Retry %Ln chosen…</source>
   <translation>
    <numerusform>إعادة محاولة المحدَّد (%Ln)…</numerusform>
    <numerusform>إعادة محاولة المحدَّد (%Ln)…</numerusform>
    <numerusform>إعادة محاولة المحدَّد (%Ln)…</numerusform>
    <numerusform>إعادة محاولة المحدَّد (%Ln)…</numerusform>
    <numerusform>إعادة محاولة المحدَّد (%Ln)…</numerusform>
    <numerusform>إعادة محاولة المحدَّد (%Ln)…</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Retry %Ln record(s)</source>
   <translation>
    <numerusform>إعادة محاولة لا سجلات</numerusform>
    <numerusform>إعادة محاولة سجل واحد</numerusform>
    <numerusform>إعادة محاولة سجلين</numerusform>
    <numerusform>إعادة محاولة %Ln سجلات</numerusform>
    <numerusform>إعادة محاولة %Ln سجلًا</numerusform>
    <numerusform>إعادة محاولة %Ln سجل</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_acts.py" />
   <source>Retry %Ln record(s)?</source>
   <translation>
    <numerusform>إعادة محاولة لا سجلات؟</numerusform>
    <numerusform>إعادة محاولة سجل واحد؟</numerusform>
    <numerusform>إعادة محاولة سجلين؟</numerusform>
    <numerusform>إعادة محاولة %Ln سجلات؟</numerusform>
    <numerusform>إعادة محاولة %Ln سجلًا؟</numerusform>
    <numerusform>إعادة محاولة %Ln سجل؟</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_acts.py" />
   <source>Retry all %Ln record(s) that match?</source>
   <translation>
    <numerusform>إعادة محاولة كل السجلات المطابقة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة كل السجلات المطابقة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة كل السجلات المطابقة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة كل السجلات المطابقة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة كل السجلات المطابقة (%Ln)؟</numerusform>
    <numerusform>إعادة محاولة كل السجلات المطابقة (%Ln)؟</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>Retry all %Ln that match…</source>
   <translation>
    <numerusform>إعادة محاولة كل المطابق (%Ln)…</numerusform>
    <numerusform>إعادة محاولة كل المطابق (%Ln)…</numerusform>
    <numerusform>إعادة محاولة كل المطابق (%Ln)…</numerusform>
    <numerusform>إعادة محاولة كل المطابق (%Ln)…</numerusform>
    <numerusform>إعادة محاولة كل المطابق (%Ln)…</numerusform>
    <numerusform>إعادة محاولة كل المطابق (%Ln)…</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Retry all %Ln…</source>
   <translation>
    <numerusform>إعادة محاولة الكل (%Ln)…</numerusform>
    <numerusform>إعادة محاولة الكل (%Ln)…</numerusform>
    <numerusform>إعادة محاولة الكل (%Ln)…</numerusform>
    <numerusform>إعادة محاولة الكل (%Ln)…</numerusform>
    <numerusform>إعادة محاولة الكل (%Ln)…</numerusform>
    <numerusform>إعادة محاولة الكل (%Ln)…</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_acts.py" />
   <source>Retry all records of this cause?</source>
   <translation>إعادة محاولة كل سجلات هذا السبب؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/bulk_line.py" />
   <source>Retry of many records</source>
   <translation>إعادة محاولة سجلات كثيرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/bulk_line.py" />
   <source>Retry {number}: {words}</source>
   <translation>إعادة المحاولة {number}: {words}</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Retry · %Ln call(s)</source>
   <translation>
    <numerusform>إعادة · بلا استدعاء</numerusform>
    <numerusform>إعادة · استدعاء واحد</numerusform>
    <numerusform>إعادة · استدعاءان</numerusform>
    <numerusform>إعادة · %Ln استدعاءات</numerusform>
    <numerusform>إعادة · %Ln استدعاءً</numerusform>
    <numerusform>إعادة · %Ln استدعاء</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Retry · no call</source>
   <translation>إعادة · بلا استدعاء</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Retry, over %Ln night(s)</source>
   <translation>
    <numerusform>إعادة المحاولة</numerusform>
    <numerusform>إعادة المحاولة على مدى ليلة</numerusform>
    <numerusform>إعادة المحاولة على مدى ليلتين</numerusform>
    <numerusform>إعادة المحاولة على مدى %Ln ليالٍ</numerusform>
    <numerusform>إعادة المحاولة على مدى %Ln ليلة</numerusform>
    <numerusform>إعادة المحاولة على مدى %Ln ليلة</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Retrying {done}</source>
   <translation>جارٍ إعادة المحاولة {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/save_bar.py" />
   <source>Revert</source>
   <translation>تراجع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Review</source>
   <translation>مراجعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>Rights</source>
   <translation>الصلاحيات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Run</source>
   <translation>تشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Run history</source>
   <translation>سجل عمليات التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Run now</source>
   <translation>التشغيل الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <source>Run now until the quota ends</source>
   <translation>التشغيل الآن حتى تنتهي الحصة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Run tonight</source>
   <translation>التشغيل الليلة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>Run tonight at {time}</source>
   <translation>التشغيل الليلة عند {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>Run tonight at {time} ({zone})</source>
   <translation>التشغيل الليلة عند {time} ({zone})</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Running</source>
   <translation>قيد التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Runs {where}.</source>
   <translation>يعمل {where}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>STATES</source>
   <translation>الحالات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Sales orders</source>
   <translation>أوامر البيع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Sat</source>
   <translation>السبت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Saturdays</source>
   <translation>أيام السبت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <location filename="tsh_sync_gui/ui/widgets/save_bar.py" />
   <source>Save</source>
   <translation>حفظ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Save and retry</source>
   <translation>حفظ وإعادة المحاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>Save and retry · no call</source>
   <translation>حفظ وإعادة المحاولة · بلا استدعاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Save this view</source>
   <translation>حفظ هذا العرض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_menus.py" />
   <source>Save this view…</source>
   <translation>حفظ هذا العرض…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Saved for all machines</source>
   <translation>محفوظ لكل الأجهزة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Saved on this machine</source>
   <translation>محفوظ على هذا الجهاز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedules.py" />
   <source>Schedules</source>
   <translation>الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>Schedules go on. Quit is in the icon's menu; Settings → Alerts changes this.</source>
   <translation>تستمر الجداول. الإنهاء في قائمة الأيقونة، ويُغيَّر هذا في الإعدادات ← التنبيهات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Schedule…</source>
   <translation>الجدول…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Scope</source>
   <translation>النطاق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Scope to paste in Zoho's console</source>
   <translation>النطاق الذي يُلصق في وحدة تحكم Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>Screen</source>
   <translation>شاشة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Screens</source>
   <translation>الشاشات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Screens, entities, actions, a record id (Ctrl+K)</source>
   <translation>شاشات وكيانات وإجراءات ومعرّف سجل (Ctrl+K)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/command_palette.py" />
   <source>Search</source>
   <translation>بحث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/command_palette.py" />
   <source>Search and actions</source>
   <translation>بحث وإجراءات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_search.py" />
   <source>Search dead letters</source>
   <translation>البحث في السجلات المتعثّرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Search deliveries</source>
   <translation>البحث في التسليمات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>Search or do…</source>
   <translation>ابحث أو نفّذ…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Search record, event, source</source>
   <translation>ابحث في السجل والحدث والمصدر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Search runs</source>
   <translation>بحث في السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/command_palette.py" />
   <source>Search screens, entities and actions, or paste a Zoho id</source>
   <translation>ابحث في الشاشات والكيانات والإجراءات، أو ألصق معرّف Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Search settings</source>
   <translation>البحث في الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Search settings by title or variable</source>
   <translation>البحث في الإعدادات بالعنوان أو المتغير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_search.py" />
   <source>Search: words, sku:ABC, entity:NAME, age&gt;2d, error:"tax"</source>
   <translation>بحث: كلمات، sku:ABC، entity:NAME، age&gt;2d، error:"tax"</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Secret</source>
   <translation>السرّ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Secret header</source>
   <translation>ترويسة السر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Secret header does not match</source>
   <translation>الترويسة السرية لا تطابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Secrets</source>
   <translation>الأسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/file_questions.py" />
   <source>Secrets are kept in a file of this computer that only the passphrase opens. It can't be recovered.</source>
   <translation>تُحفظ الأسرار في ملف على هذا الحاسوب لا تفتحه إلا عبارة المرور، ولا يمكن استرجاعها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Secrets come from the environment or .env; this computer keeps none.</source>
   <translation>تأتي الأسرار من البيئة أو من ملف .env، ولا يحفظ هذا الحاسوب شيئًا منها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Secrets rest in</source>
   <translation>مكان حفظ الأسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>Secrets rest in an encrypted file in the program's folder, which is open now.</source>
   <translation>الأسرار في ملف مشفَّر في مجلد البرنامج، وهو مفتوح الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>Secrets rest in memory, until the program ends.</source>
   <translation>الأسرار في الذاكرة حتى ينتهي البرنامج.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Secrets rest in the encrypted file of this home, which is open.</source>
   <translation>الأسرار في الملف المشفَّر لهذا المجلد، وهو مفتوح.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>Secrets rest in this computer's keychain.</source>
   <translation>الأسرار في سلسلة مفاتيح هذا الحاسوب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>See whether the workflow rule in Zoho is active and calls the right address; then fetch the gap.</source>
   <translation>تحقق من أن قاعدة سير العمل في Zoho فعّالة وتستدعي العنوان الصحيح؛ ثم اجلب الفجوة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>See whether the workflow rules in Zoho are active and call the right address; then fetch the gaps.</source>
   <translation>تحقق من أن قواعد سير العمل في Zoho فعالة وتستدعي العنوان الصحيح؛ ثم اجلب الثغرات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Seen</source>
   <translation>وصل</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>Select all %Ln that match</source>
   <translation>
    <numerusform>تحديد كل المطابق (%Ln)</numerusform>
    <numerusform>تحديد كل المطابق (%Ln)</numerusform>
    <numerusform>تحديد كل المطابق (%Ln)</numerusform>
    <numerusform>تحديد كل المطابق (%Ln)</numerusform>
    <numerusform>تحديد كل المطابق (%Ln)</numerusform>
    <numerusform>تحديد كل المطابق (%Ln)</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Self client</source>
   <translation>عميل ذاتي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>Send a ping to the listener here (T)</source>
   <translation>إرسال نبضة اختبار إلى المستمع هنا (T)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <source>Send a test</source>
   <translation>إرسال اختبار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Server</source>
   <translation>الخادم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Server-based</source>
   <translation>قائم على خادم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>Server-based application</source>
   <translation>تطبيق قائم على خادم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Set ZOHO_API_VERSION to v3.</source>
   <translation>اضبط ZOHO_API_VERSION على v3.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Set by the demo</source>
   <translation>يحدده العرض التجريبي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Set by the demo.</source>
   <translation>يحدده العرض التجريبي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Set the same secret in Zoho and here.</source>
   <translation>حدّد السر نفسه في Zoho وهنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/rail.py" />
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>Set-up</source>
   <translation>الإعداد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Set-up helper</source>
   <translation>مساعد الإعداد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>Settings</source>
   <translation>الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Settings (.env *.env *.txt)</source>
   <translation>الإعدادات (.env *.env *.txt)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>Settings of webhooks</source>
   <translation>إعدادات خطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Share of the daily quota</source>
   <translation>النسبة من الحصة اليومية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Share of today's calls used up</source>
   <translation>نفدت حصة اليوم من الاستدعاءات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Share of today's calls used up until {time}</source>
   <translation>نفدت حصة اليوم من الاستدعاءات حتى {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/alerts.py" />
   <source>Show</source>
   <translation>عرض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Show again now</source>
   <translation>إظهار الآن من جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_lists.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <source>Show all</source>
   <translation>عرض الكل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Show all organizations · 1 call</source>
   <translation>عرض كل المؤسسات · استدعاء واحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/setting_row.py" />
   <location filename="tsh_sync_gui/ui/wizard/secret_row.py" />
   <source>Show it for half a minute; this is written down</source>
   <translation>إظهاره لنصف دقيقة؛ ويُدوَّن ذلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Show records</source>
   <translation>عرض السجلات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_lists.py" />
   <source>Show what has come in since</source>
   <translation>عرض ما ورد منذ ذلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <location filename="tsh_sync_gui/ui/wizard/secret_row.py" />
   <source>Show: {name}</source>
   <translation>إظهار: {name}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Sign in</source>
   <translation>تسجيل الدخول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <location filename="tsh_sync_gui/ui/widgets/connection_box.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Sign in again</source>
   <translation>تسجيل الدخول مجددًا</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Sign in again with %Ln permission(s)</source>
   <translation>
    <numerusform>تسجيل الدخول مجددًا</numerusform>
    <numerusform>تسجيل الدخول مجددًا بإذن واحد</numerusform>
    <numerusform>تسجيل الدخول مجددًا بإذنين</numerusform>
    <numerusform>تسجيل الدخول مجددًا بـ%Ln أذونات</numerusform>
    <numerusform>تسجيل الدخول مجددًا بـ%Ln إذنًا</numerusform>
    <numerusform>تسجيل الدخول مجددًا بـ%Ln إذن</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Sign in again with this permission</source>
   <translation>تسجيل الدخول مجددًا بهذا الإذن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Sign in at Zoho</source>
   <translation>تسجيل الدخول في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Sign in there as a user who may see the organization.</source>
   <translation>سجّل الدخول هناك مستخدمًا يحق له رؤية المؤسسة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Sign in with the browser instead</source>
   <translation>تسجيل الدخول بالمتصفح بدلًا من ذلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Sign in with the permission</source>
   <translation>تسجيل الدخول بالإذن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Sign in with the set-up, or set them in the environment or a .env file; `tsh-sync demo` needs none.</source>
   <translation>سجّل الدخول عبر الإعداد الأولي، أو اضبطها في البيئة أو في ملف .env. ولا يحتاج ⁦tsh-sync demo⁩ إلى شيء منها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Sign-in</source>
   <translation>تسجيل الدخول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Signature does not match</source>
   <translation>التوقيع لا يطابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Signatures that were computed</source>
   <translation>التواقيع التي حُسبت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Signed</source>
   <translation>الموقَّع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Signed deliveries, rejected ones too, of what Zoho's plan sends a day (ZOHO_WEBHOOK_DAILY_LIMIT).</source>
   <translation>التسليمات الموقعة، والمرفوضة منها، مما ترسله خطة Zoho يوميًا (ZOHO_WEBHOOK_DAILY_LIMIT).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Signed in</source>
   <translation>تم تسجيل الدخول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Signed in at Zoho {region}.</source>
   <translation>سُجِّل الدخول في Zoho {region}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>Signed in to Zoho{where}.</source>
   <translation>سُجِّل الدخول إلى Zoho{where}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Signed in.</source>
   <translation>سُجِّل الدخول.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>Signed parameters</source>
   <translation>المعاملات الموقَّعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Signed with the previous secret, whose 24 hours are over</source>
   <translation>موقَّع بالسر السابق الذي انقضت ساعاته الأربع والعشرون</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Signed without the address's parameters</source>
   <translation>موقَّع بلا معاملات العنوان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Signed without the body</source>
   <translation>موقَّع بلا المتن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Signs what Zoho delivers; entered in Zoho with the webhook. After a change the old one is valid for 24 hours.</source>
   <translation>يوقّع ما يرسله Zoho، ويُدخل في Zoho مع خطاف الويب. بعد تغييره يبقى القديم صالحًا 24 ساعة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/alerts.py" />
   <source>Silence</source>
   <translation>إسكات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Silence alarm</source>
   <translation>تنبيه الصمت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/alerts.py" />
   <source>Silenced</source>
   <translation>مُسكَت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/alerts.py" />
   <source>Silenced by {person}</source>
   <translation>أسكته {person}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Silent</source>
   <translation>صامت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Silent webhooks after (minutes)</source>
   <translation>عدّ خطافات الويب صامتة بعد (دقائق)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Since</source>
   <translation>منذ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>Skip</source>
   <translation>تخطٍّ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Skip: poll instead</source>
   <translation>تخطٍّ: استطلاع دوري بدلًا من ذلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Snooze</source>
   <translation>تأجيل</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Snooze %Ln failed record(s)</source>
   <translation>
    <numerusform>تأجيل لا سجلات</numerusform>
    <numerusform>تأجيل سجل واحد</numerusform>
    <numerusform>تأجيل سجلين</numerusform>
    <numerusform>تأجيل %Ln سجلات</numerusform>
    <numerusform>تأجيل %Ln سجلًا</numerusform>
    <numerusform>تأجيل %Ln سجل</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Snoozed</source>
   <translation>مؤجَّل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Snoozed until {time}</source>
   <translation>مؤجَّل حتى {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_menu.py" />
   <source>Snooze…</source>
   <translation>تأجيل…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/actions.py" />
   <source>Something unexpected happened</source>
   <translation>حدث أمر غير متوقع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Source</source>
   <translation>المصدر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Space</source>
   <translation>مسافة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Standing</source>
   <translation>الحال</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Start</source>
   <translation>البداية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>Start it, and the simulated Zoho delivers to it what changes there. It ends with the demo.</source>
   <translation>شغّله، فيرسل إليه Zoho المحاكى ما يتغير فيه. وينتهي مع العرض التجريبي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>Start listener</source>
   <translation>تشغيل المستمع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Start the listener</source>
   <translation>تشغيل المستمع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Started</source>
   <translation>بدأ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>Started by</source>
   <translation>بدأه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/tray.py" />
   <source>Starting</source>
   <translation>قيد البدء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <source>Starting database…</source>
   <translation>جارٍ تشغيل قاعدة البيانات…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/embedded/server.py" />
   <source>Starting the database</source>
   <translation>تشغيل قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/embedded/server.py" />
   <source>Starting the database after a hard end</source>
   <translation>تشغيل قاعدة البيانات بعد إغلاق مفاجئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Starting the embedded server…</source>
   <translation>جارٍ تشغيل الخادم المدمج…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Starting the listener…</source>
   <translation>جارٍ تشغيل المستمع…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/demo_home.py" />
   <source>Starting the simulated Zoho</source>
   <translation>بدء تشغيل Zoho المُحاكى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <source>Starting…</source>
   <translation>جارٍ التشغيل…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/widgets/letter_bar.py" />
   <source>State</source>
   <translation>الحالة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Step by step: database, Zoho app, sign-in. Takes about ten minutes.</source>
   <translation>خطوة بخطوة: قاعدة البيانات ثم تطبيق Zoho ثم تسجيل الدخول. نحو عشر دقائق.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Step {number} of {count}</source>
   <translation>الخطوة {number} من {count}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/rail.py" />
   <source>Step {number}: {title}</source>
   <translation>الخطوة {number}: {title}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/rail.py" />
   <source>Steps of the set-up</source>
   <translation>خطوات الإعداد</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <source>Still %Ln character(s) too short.</source>
   <translation>
    <numerusform>ينقصها %Ln حرف.</numerusform>
    <numerusform>ينقصها حرف واحد.</numerusform>
    <numerusform>ينقصها حرفان.</numerusform>
    <numerusform>ينقصها %Ln أحرف.</numerusform>
    <numerusform>ينقصها %Ln حرفًا.</numerusform>
    <numerusform>ينقصها %Ln حرف.</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>Still at work; last sign of life</source>
   <translation>ما زال يعمل؛ آخر إشارة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Still open</source>
   <translation>ما زال مفتوحًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Still syncing: {what}. Close all the same?</source>
   <translation>ما زالت المزامنة جارية: {what}. هل تُغلق مع ذلك؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Still syncing: {what}. Open the database again all the same?</source>
   <translation>ما زالت المزامنة جارية: {what}. هل تُفتح قاعدة البيانات مجددًا مع ذلك؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Still syncing: {what}. Show the window in the other language now?</source>
   <translation>ما زالت المزامنة جارية: {what}. هل تُعرض النافذة باللغة الأخرى الآن؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/entities" />
   <source>Stock</source>
   <translation>المخزون</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Stock every (minutes)</source>
   <translation>المخزون كل (دقيقة)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>Stop</source>
   <translation>إيقاف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Stop and close</source>
   <translation>الإيقاف والإغلاق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Stop and open again</source>
   <translation>الإيقاف والفتح مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Stop and show it</source>
   <translation>الإيقاف والعرض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Stopped at the first failure, {done}</source>
   <translation>توقف عند أول فشل، {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Stopped before the end</source>
   <translation>توقف قبل النهاية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>Stopping after the page in work…</source>
   <translation>التوقف بعد الصفحة الجارية…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Stops after the page in work</source>
   <translation>يتوقف بعد الصفحة الجارية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Stops at the first failure.</source>
   <translation>يتوقف عند أول فشل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Stops within one page</source>
   <translation>يتوقف خلال صفحة واحدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>Subscribed</source>
   <translation>مشترَك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Suggested fix</source>
   <translation>الحل المقترح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Sun</source>
   <translation>الأحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Sundays</source>
   <translation>أيام الأحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>Sync</source>
   <translation>المزامنة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Sync enabled</source>
   <translation>المزامنة مفعَّلة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <source>Sync enabled is off in the settings: nothing is sent to Zoho by itself.</source>
   <translation>المزامنة مطفأة في الإعدادات: لا يُرسَل شيء إلى Zoho تلقائيًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>Sync everything</source>
   <translation>مزامنة الكل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/preview.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>Sync now</source>
   <translation>مزامنة الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <source>Sync once all the same</source>
   <translation>مزامنة مرة واحدة مع ذلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Sync this window</source>
   <translation>مزامنة هذه المدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <source>Syncing is switched off</source>
   <translation>المزامنة مطفأة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Syncing is switched off (ZOHO_SYNC_ENABLED is false).</source>
   <translation>المزامنة مطفأة (ZOHO_SYNC_ENABLED قيمته false).</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Syncs can work, with %Ln warning(s)</source>
   <translation>
    <numerusform>يمكن أن تعمل المزامنة</numerusform>
    <numerusform>يمكن أن تعمل المزامنة، مع تحذير واحد</numerusform>
    <numerusform>يمكن أن تعمل المزامنة، مع تحذيرين</numerusform>
    <numerusform>يمكن أن تعمل المزامنة، مع %Ln تحذيرات</numerusform>
    <numerusform>يمكن أن تعمل المزامنة، مع %Ln تحذيرًا</numerusform>
    <numerusform>يمكن أن تعمل المزامنة، مع %Ln تحذير</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Syncs wait and go on by themselves.</source>
   <translation>المزامنة تنتظر ثم تستأنف تلقائيًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>THIS SCREEN</source>
   <translation>هذه الشاشة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>TSH</source>
   <translation>TSH</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/main_window.py" />
   <source>TSH Sync</source>
   <translation>TSH Sync</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>TSH Sync goes on in the tray</source>
   <translation>يستمر TSH Sync في علبة النظام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>Tables</source>
   <translation>الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Tables that will be created</source>
   <translation>جداول ستُنشأ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Tables that will be created ({count})</source>
   <translation>جداول ستُنشأ ({count})</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Take over</source>
   <translation>تولّي التشغيل</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/state/env.py" />
   <source>Take over %Ln value(s)</source>
   <translation>
    <numerusform>لا قيم تُؤخذ</numerusform>
    <numerusform>أخذ قيمة واحدة</numerusform>
    <numerusform>أخذ قيمتين</numerusform>
    <numerusform>أخذ %Ln قيم</numerusform>
    <numerusform>أخذ %Ln قيمة</numerusform>
    <numerusform>أخذ %Ln قيمة</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Take over the settings and the sign-in of a program that was connected before.</source>
   <translation>أخذ إعدادات وتسجيل دخول برنامج كان متصلًا من قبل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>Take the secrets over?</source>
   <translation>هل تُؤخذ الأسرار أيضًا؟</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Taking over the values…</source>
   <translation>جارٍ أخذ القيم…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/alerts.py" />
   <source>Tell again</source>
   <translation>التنبيه مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Tell of alerts on this desktop while the window is open or in the tray.</source>
   <translation>إظهار التنبيهات على سطح المكتب هذا ما دامت النافذة مفتوحة أو في علبة النظام.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Test</source>
   <translation>اختبار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Test again</source>
   <translation>الاختبار مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/database_tools.py" />
   <source>Test connection</source>
   <translation>اختبار الاتصال</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Test data</source>
   <translation>بيانات تجريبية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Test from this computer</source>
   <translation>الاختبار من هذا الحاسوب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>Test public address</source>
   <translation>اختبار العنوان العام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Text</source>
   <translation>نص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>That is more than there is: entities at the end of the day wait for the next one.</source>
   <translation>هذا أكثر من المتاح: الكيانات في آخر اليوم تنتظر اليوم التالي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>That is twice its schedule. Runs need this window, or a worker, to be open.</source>
   <translation>وهذا ضعف فترة جدوله. تحتاج التشغيلات إلى أن تكون هذه النافذة أو عامل مفتوحين.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>The ERP's own server, or any PostgreSQL 15 or newer. For several computers.</source>
   <translation>خادم نظام ERP نفسه، أو أي PostgreSQL 15 أو أحدث. لعدة حواسيب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The JSON of the body was written anew on the way</source>
   <translation>أُعيدت كتابة JSON المتن في الطريق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The answer is another: see Tries.</source>
   <translation>الرد مختلف: انظر المحاولات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The body got a byte order mark</source>
   <translation>أُضيفت إلى المتن علامة ترتيب البايتات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The body got a line break at its end</source>
   <translation>أُضيف إلى نهاية المتن سطر جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The body was added on the way. </source>
   <translation>أُضيف المتن في الطريق. </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>The browser comes back here</source>
   <translation>يعود المتصفح إلى هنا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>The code runs out in {time}.</source>
   <translation>تنتهي صلاحية الرمز بعد {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>The data centre's API host.</source>
   <translation>مضيف API لمركز البيانات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>The data centre's sign-in host.</source>
   <translation>مضيف تسجيل الدخول لمركز البيانات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>The database does not exist yet.</source>
   <translation>قاعدة البيانات غير موجودة بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/embedded/server.py" />
   <source>The database is starting</source>
   <translation>قاعدة البيانات قيد التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>The database's name on the server.</source>
   <translation>اسم قاعدة البيانات على الخادم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>The database's user lacks {right}.</source>
   <translation>ينقص مستخدم قاعدة البيانات: {right}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>The database's user may make tables, and read and write all of them.</source>
   <translation>يجوز لمستخدم قاعدة البيانات إنشاء الجداول وقراءتها والكتابة فيها كلها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>The day's calls are used up until {turn}.</source>
   <translation>استُنفدت استدعاءات اليوم حتى ⁦{turn}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>The delivery does not say whether it was created or updated.</source>
   <translation>لا يذكر التسليم أأُنشئ السجل أم حُدِّث.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The delivery has no signature</source>
   <translation>التسليم بلا توقيع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The delivery was cancelled</source>
   <translation>أُلغي التسليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The delivery was done already</source>
   <translation>نُفّذ التسليم من قبل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>The demo has a secret of its own.</source>
   <translation>للعرض التجريبي سر خاص به.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>The demo has no secrets.</source>
   <translation>لا أسرار في العرض التجريبي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>The demo has nothing to set up</source>
   <translation>لا شيء للإعداد في العرض التجريبي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_menu.py" />
   <source>The demo has nothing to set up.</source>
   <translation>لا شيء لإعداده في العرض التجريبي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>The demo's Zoho is simulated: it needs no sign-in.</source>
   <translation>‏Zoho في العرض التجريبي محاكاة: لا يحتاج إلى تسجيل دخول.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>The demo's listener does not run</source>
   <translation>مستمع العرض التجريبي لا يعمل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>The edited record was not taken</source>
   <translation>لم يُؤخذ السجل المعدَّل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>The file {file} has secrets too. Its passphrase opens them.</source>
   <translation>الملف {file} فيه أسرار أيضًا، وتفتحها عبارة مروره.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>The first one</source>
   <translation>الأول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>The first sync runs by itself at {time}, in {left}. Leave the program open until then.</source>
   <translation>تعمل المزامنة الأولى تلقائيًا عند {time}، بعد {left}. اترك البرنامج مفتوحًا حتى ذلك الحين.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/first_run.py" />
   <source>The first sync waits for the night</source>
   <translation>المزامنة الأولى تنتظر الليل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>The folder for images, {folder}, may not be written to.</source>
   <translation>لا تجوز الكتابة في مجلد الصور ⁦{folder}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The form was signed before decoding</source>
   <translation>وُقّع النموذج قبل فك ترميزه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The gap of {entity} is being fetched</source>
   <translation>جارٍ جلب فجوة {entity}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The gap of {entity} waits to be fetched already</source>
   <translation>فجوة {entity} تنتظر الجلب أصلًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The header holds the secret itself, not a signature</source>
   <translation>تحمل الترويسة السر نفسه لا توقيعًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>The interval is set outside the program, in the environment or an .env file.</source>
   <translation>الفترة محددة خارج البرنامج، في البيئة أو في ملف ‎.env‎.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>The last</source>
   <translation>آخر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>The last sync was asked for none. The next one fetches them.</source>
   <translation>طُلبت آخر مزامنة بلا تفاصيل، وتجلبها المزامنة التالية.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The letter is no longer open.</source>
   <translation>لم يعد السجل المتعثّر مفتوحًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>The letter is no longer there</source>
   <translation>لم يعد السجل المتعثّر موجودًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>The list is not kept.</source>
   <translation>القائمة غير محفوظة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>The listener and what came in: open the Webhooks screen</source>
   <translation>المستمع وما ورد: افتح شاشة خطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>The listener answered at {where}. It stands in the list as a ping.</source>
   <translation>أجاب المستمع على {where}. ويظهر في القائمة كنبضة اختبار.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>The listener answers at {address} ({milliseconds} ms).</source>
   <translation>يجيب المستمع على ⁦{address}⁩ ({milliseconds} مللي ثانية).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>The listener does not reach the database</source>
   <translation>لا يصل المستمع إلى قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <source>The listener does not run: start it first.</source>
   <translation>المستمع لا يعمل: شغّله أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>The listener has ended</source>
   <translation>انتهى المستمع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>The listener is not running here: start it, and leave it running.</source>
   <translation>المستمع لا يعمل هنا: شغّله واتركه يعمل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/listener.py" />
   <source>The listener is still at its old address</source>
   <translation>المستمع ما زال على عنوانه القديم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>The listener runs</source>
   <translation>المستمع يعمل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>The listener runs here.</source>
   <translation>المستمع يعمل هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <source>The listener runs. Its first delivery ticks a line below.</source>
   <translation>المستمع يعمل. أول تسليم له يؤشّر على سطر أدناه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>The mean of the last seven days.</source>
   <translation>متوسط الأيام السبعة الأخيرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>The name that this person is signed in with at their computer. Empty: nobody.</source>
   <translation>الاسم الذي يسجّل به هذا الشخص دخوله إلى حاسوبه. فارغ: لا أحد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>The name {host} of the public address is not known.</source>
   <translation>الاسم ⁦{host}⁩ في العنوان العام غير معروف.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The next sync finds the change.</source>
   <translation>تجد المزامنة التالية التغيير.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>The next sync goes on from here.</source>
   <translation>تستأنف المزامنة التالية من هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>The old sign-in is kept until the new one has worked; then it is ended at Zoho.</source>
   <translation>يُحتفظ بتسجيل الدخول القديم حتى ينجح الجديد، ثم يُنهى لدى Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>The one before is valid until {time}.</source>
   <translation>السابق صالح حتى {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The one before stays valid for 24 hours.</source>
   <translation>يبقى السابق صالحًا 24 ساعة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>The organization's day turns by {zone} (UTC{offset}).</source>
   <translation>يتبدّل يوم المؤسسة بتوقيت ⁦{zone}⁩ (⁦UTC{offset}⁩).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>The original stays in the letter's history.</source>
   <translation>يبقى الأصل في تاريخ السجل المتعثّر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>The other computer may be off.</source>
   <translation>قد يكون الحاسوب الآخر مطفأ.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>The others are synced all the same.</source>
   <translation>تُزامَن الأخرى مع ذلك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The parameters were signed before decoding</source>
   <translation>وُقّعت المعاملات قبل فك ترميزها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The parameters were signed unsorted</source>
   <translation>وُقّعت المعاملات بلا ترتيب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>The place of the secrets has to be opened first; they may rest there.</source>
   <translation>يجب فتح مكان الأسرار أولًا؛ فقد تكون فيه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>The present one stays valid for 24 hours, so that Zoho can be changed meanwhile.</source>
   <translation>يبقى الحالي صالحًا 24 ساعة ليتسنى تغيير Zoho في هذه الأثناء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <source>The program could not start its work</source>
   <translation>لم يتمكن البرنامج من بدء عمله</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>The program ended in mid-run</source>
   <translation>انتهى البرنامج أثناء التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>The program's own PostgreSQL {version} answers; {room} MB are used.</source>
   <translation>تجيب PostgreSQL {version} الخاصة بالبرنامج؛ والمستخدَم منها ⁦{room}⁩ م.ب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>The proposed times appear after saving.</source>
   <translation>تظهر الأوقات المقترحة بعد الحفظ.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The public address answers</source>
   <translation>العنوان العام يجيب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>The reason is not kept</source>
   <translation>السبب غير محفوظ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The reason is now: {reason}.</source>
   <translation>السبب الآن: {reason}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The record is stored now</source>
   <translation>خُزِّن السجل الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>The record is stored with your change</source>
   <translation>خُزِّن السجل مع تعديلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>The record was deleted already.</source>
   <translation>كان السجل محذوفًا أصلًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>The record was fetched since; nothing was left to do.</source>
   <translation>جُلب السجل منذ ذلك؛ ولم يبقَ ما يُفعل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>The record was never known here, so there was nothing to delete.</source>
   <translation>لم يكن السجل معروفًا هنا قط، فلا شيء ليُحذف.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>The record was never stored here.</source>
   <translation>لم يُخزَّن السجل هنا قط.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>The record was stored {time}.</source>
   <translation>خُزِّن السجل {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>The rest is kept for people, orders and webhooks. Make some rarer, or set the limit of a larger plan.</source>
   <translation>الباقي محفوظ للأشخاص والطلبات وخطافات الويب. باعد بين بعضها، أو اضبط حد خطة أكبر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>The rest is kept for people, orders and webhooks. Nothing is lost; the next sync goes on from here.</source>
   <translation>الباقي محفوظ للأشخاص والطلبات وإشعارات الويب. لم يُفقد شيء، والمزامنة التالية تكمل من هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>The rest of the details waits for the next syncs · {done} of {total}</source>
   <translation>بقية التفاصيل تنتظر المزامنات التالية · {done} من {total}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The retry broke off</source>
   <translation>انقطعت المحاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The retry broke off, {done}</source>
   <translation>انقطعت المحاولة، {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The retry waits</source>
   <translation>المحاولة تنتظر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The retry was cancelled</source>
   <translation>أُلغيت المحاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>The run stopped</source>
   <translation>توقف التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>The run that met it</source>
   <translation>التشغيل الذي صادفه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>The run that stored it</source>
   <translation>التشغيل الذي خزّنه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/program.py" />
   <source>The runs that waited go on.</source>
   <translation>تستأنف العمليات التي كانت تنتظر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <source>The same again</source>
   <translation>العبارة نفسها مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>The same as what was refused</source>
   <translation>مطابق لما رُفض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/preview.py" />
   <source>The same checks as a real run. Nothing was written.</source>
   <translation>الفحوص نفسها كما في تشغيل حقيقي. لم يُكتب شيء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>The same checks, nothing is written</source>
   <translation>الفحوص نفسها، دون كتابة أي شيء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>The same text came before; nothing was done again.</source>
   <translation>ورد النص نفسه من قبل؛ فلم يُعَد شيء.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>The same, for apps without a secret.</source>
   <translation>نفسه، للتطبيقات التي بلا سرّ.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>The schedule takes about {calls} of {quota} calls a day ({share} %).</source>
   <translation>يستهلك الجدول نحو {calls} من {quota} استدعاء في اليوم ({share}٪).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>The schedule takes at least {calls} of {quota} calls a day ({share} %); the first sync counts.</source>
   <translation>يستهلك الجدول ما لا يقل عن {calls} من {quota} استدعاء في اليوم ({share}٪)؛ والمزامنة الأولى تعدّها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>The schedules need about {calls} calls a day; {share} of {limit} are theirs</source>
   <translation>تحتاج الجداول إلى نحو {calls} استدعاء في اليوم، ولها {share} من {limit}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret differs in capital and small letters</source>
   <translation>يختلف السر في الأحرف الكبيرة والصغيرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho has a line break at the end</source>
   <translation>في نهاية السر في Zoho سطر جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho has a space at the end</source>
   <translation>في نهاية السر في Zoho مسافة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho has a space at the start</source>
   <translation>في بداية السر في Zoho مسافة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho has spaces around it</source>
   <translation>حول السر في Zoho مسافات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho is the Base64 of the one set here</source>
   <translation>السر في Zoho هو Base64 للسر المحدَّد هنا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho is written in capital letters</source>
   <translation>السر في Zoho مكتوب بأحرف كبيرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho is written in small letters</source>
   <translation>السر في Zoho مكتوب بأحرف صغيرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret in Zoho stands in quotation marks</source>
   <translation>السر في Zoho بين علامتي اقتباس</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>The secret was changed</source>
   <translation>غُيِّر السر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The secret was changed more than 24 hours ago</source>
   <translation>غُيّر السر قبل أكثر من 24 ساعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_connection.py" />
   <source>The secrets are encrypted with it. Write it down: without it nobody can open the file again.</source>
   <translation>تُشفَّر الأسرار بها. دوّنها: فبدونها لا يمكن لأحد فتح الملف مجددًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>The server answers (PostgreSQL {version}), but has no such database yet.</source>
   <translation>الخادم يجيب (PostgreSQL {version})، لكن ليست فيه قاعدة البيانات هذه بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>The server's PostgreSQL {version} answers.</source>
   <translation>تجيب PostgreSQL {version} على الخادم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>The server's PostgreSQL {version} answers; {room} MB are used.</source>
   <translation>تجيب PostgreSQL {version} على الخادم؛ والمستخدَم منها ⁦{room}⁩ م.ب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>The sign-in does not include {scopes}.</source>
   <translation>تسجيل الدخول لا يشمل {scopes}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>The sign-in does not include {scopes}. Sign in again with that permission.</source>
   <translation>تسجيل الدخول لا يشمل ⁦{scopes}⁩. سجّل الدخول مجددًا بهذا الإذن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>The sign-in is kept safely; you will not be asked again.</source>
   <translation>تسجيل الدخول محفوظ بأمان؛ ولن تُسأل مجددًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The signature has a prefix that Zoho Books does not write</source>
   <translation>للتوقيع بادئة لا يكتبها Zoho Books</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The signature has not the length of SHA-256</source>
   <translation>طول التوقيع ليس طول SHA-256</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>The signature is the Base64 of a hex text</source>
   <translation>التوقيع هو Base64 لنص ست عشري</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>The simulated Zoho calls it, on this computer.</source>
   <translation>يستدعيه Zoho المحاكى على هذا الحاسوب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>The simulated Zoho delivers to it now. It ends with the demo.</source>
   <translation>يرسل إليه Zoho المحاكى الآن. وينتهي مع العرض التجريبي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>The simulated Zoho learns the listener's address and secret as it starts.</source>
   <translation>يعرف Zoho المحاكى عنوان المستمع وسره عند تشغيله.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>The system's keychain</source>
   <translation>سلسلة مفاتيح النظام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/exporting.py" />
   <source>The table could not be exported</source>
   <translation>تعذّر تصدير الجدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/setup/database_step.py" />
   <source>The tables are there</source>
   <translation>الجداول موجودة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>The test arrived</source>
   <translation>وصل الاختبار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/passphrase.py" />
   <source>The two are not the same.</source>
   <translation>العبارتان غير متطابقتين.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>The user may create tables.</source>
   <translation>يحق للمستخدم إنشاء الجداول.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>The user that signs in to the server.</source>
   <translation>المستخدم الذي يسجّل الدخول إلى الخادم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/app.py" />
   <source>The usual choice. Sign-in comes back by itself.</source>
   <translation>الخيار المعتاد. يعود تسجيل الدخول تلقائيًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>The value was “{old}” and is “{new}” now.</source>
   <translation>كانت القيمة «{old}» وهي الآن «{new}».</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_listener.py" />
   <source>Their deliveries come in now.</source>
   <translation>تصل تسليماتها الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>There is an access token for {minutes} min more. Whether Zoho would give us another was not tried: it was asked {refreshes} times within 10 minutes, and allows {allowed}.</source>
   <translation>يوجد رمز وصول صالح لـ {minutes} دقيقة أخرى. لم يُجرَّب طلب رمز آخر من Zoho: طُلب منه {refreshes} مرات خلال 10 دقائق، وهو يسمح بـ {allowed}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>There is no place where secrets could be kept: no keychain, and no encrypted file.</source>
   <translation>لا مكان لحفظ الأسرار: لا سلسلة مفاتيح ولا ملف مشفَّر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>There is nothing to sync yet.</source>
   <translation>لا شيء للمزامنة بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>There was nothing to do.</source>
   <translation>لم يكن هناك ما يُفعل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>They are kept with their reason: open the dead letters.</source>
   <translation>هي محفوظة مع سببها: افتح السجلات المتعثّرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/run_detail.py" />
   <source>They are marked as deleted and can be brought back.</source>
   <translation>تُعلَّم محذوفة ويمكن استرجاعها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>They are no longer tried or counted. They can be restored for 90 days.</source>
   <translation>لن تُحاوَل ولن تُحسَب بعد الآن. يمكن استعادتها خلال 90 يومًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>They are tried again with the next sync of the record.</source>
   <translation>يُعاد المحاولة مع المزامنة التالية للسجل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>They stand at the top of the list; duplicates are told apart as always.</source>
   <translation>تقف في أعلى القائمة؛ وتُميَّز المكررات كالمعتاد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_deeds.py" />
   <source>They stand under Discarded, and can be restored for 90 days.</source>
   <translation>توجد ضمن المستبعدة، ويمكن استعادتها خلال 90 يومًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>This computer has no keychain: secrets come from the environment only, or are kept in an encrypted file.</source>
   <translation>لا سلسلة مفاتيح في هذا الحاسوب: تأتي الأسرار من البيئة فقط أو تُحفظ في ملف مشفَّر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>This computer's clock and {whose} agree ({seconds} s apart).</source>
   <translation>ساعة هذا الحاسوب و{whose} متوافقتان (الفرق {seconds} ث).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>This computer's clock is {seconds} s ahead of {whose}.</source>
   <translation>ساعة هذا الحاسوب متقدمة على {whose} بـ {seconds} ث.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>This computer's clock is {seconds} s behind {whose}.</source>
   <translation>ساعة هذا الحاسوب متأخرة عن {whose} بـ {seconds} ث.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wishes.py" />
   <source>This does not fit in today's calls</source>
   <translation>لا يتسع هذا في استدعاءات اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>This is sign-in {count} of {limit}: Zoho drops the oldest ones after that.</source>
   <translation>هذا تسجيل الدخول {count} من {limit}: بعد ذلك يُسقط Zoho الأقدم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>This mends the record here. Correct it in Zoho, too: the next full sync reads it from there again.</source>
   <translation>هذا يصلح السجل هنا. صحّحه في Zoho أيضًا: فالمزامنة الكاملة التالية تقرؤه من هناك مجددًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>This run</source>
   <translation>هذا التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/main_window.py" />
   <source>This run is no longer kept</source>
   <translation>هذا التشغيل لم يعد محفوظًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/organization.py" />
   <source>This sign-in sees no organization. Sign in as a user of the organization, or create one at Zoho.</source>
   <translation>لا يرى تسجيل الدخول هذا أي مؤسسة. سجّل الدخول مستخدمًا في المؤسسة أو أنشئ واحدة في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_edit.py" />
   <source>This text was tried already. Change it first.</source>
   <translation>جُرّب هذا النص بالفعل. غيّره أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_database.py" />
   <source>This was not looked at: the database has to be mended first.</source>
   <translation>لم يُفحص هذا: يجب إصلاح قاعدة البيانات أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>This window goes on by itself; the tab can be closed.</source>
   <translation>تتابع هذه النافذة تلقائيًا؛ ويمكن إغلاق التبويب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Thu</source>
   <translation>الخميس</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Thursdays</source>
   <translation>أيام الخميس</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>Time</source>
   <translation>الوقت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Time left</source>
   <translation>الوقت المتبقي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Time zone</source>
   <translation>المنطقة الزمنية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Times are shown in this computer's zone, and days turn by UTC. Update the system's time zone data.</source>
   <translation>تُعرض الأوقات بتوقيت هذا الحاسوب، وتتبدّل الأيام بتوقيت UTC. حدّث بيانات المناطق الزمنية في النظام.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>To be looked at: {what}</source>
   <translation>للنظر فيه: {what}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>To connect to Zoho, start the program without the demo.</source>
   <translation>للاتصال بـ Zoho، شغّل البرنامج دون العرض التجريبي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Today</source>
   <translation>اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>Today's other calls are kept for people, orders and webhooks.</source>
   <translation>استدعاءات اليوم الأخرى محفوظة للأشخاص والطلبات وإشعارات الويب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Together</source>
   <translation>المجموع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Tree</source>
   <translation>شجرة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Trend</source>
   <translation>الاتجاه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Tried again</source>
   <translation>أُعيدت المحاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>Tries</source>
   <translation>المحاولات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <location filename="tsh_sync_gui/ui/panels/listed.py" />
   <location filename="tsh_sync_gui/ui/panels/starting.py" />
   <location filename="tsh_sync_gui/ui/wizard/page.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/webhooks.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>Try again</source>
   <translation>إعادة المحاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/parts.py" />
   <source>Try again in {time}</source>
   <translation>أعد المحاولة بعد {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Try all records of this cause again (Shift+R)</source>
   <translation>إعادة محاولة كل سجلات هذا السبب (Shift+R)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>Try now</source>
   <translation>حاول الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_head.py" />
   <source>Try this record again (R)</source>
   <translation>إعادة محاولة هذا السجل (R)</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>Trying the server…</source>
   <translation>جارٍ تجربة الخادم…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/database_tools.py" />
   <source>Trying…</source>
   <translation>جارٍ المحاولة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Tue</source>
   <translation>الثلاثاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Tuesdays</source>
   <translation>أيام الثلاثاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>Unchanged</source>
   <translation>بلا تغيير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>Until</source>
   <translation>حتى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Until I resume</source>
   <translation>حتى أستأنف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>Until it stands in all of Zoho's webhooks the one before is valid for 24 hours. The set-up shows it again.</source>
   <translation>إلى أن يكون في كل خطافات الويب لدى Zoho يبقى السابق صالحًا 24 ساعة. يعرضه الإعداد مرة أخرى.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Until tomorrow 08:00</source>
   <translation>حتى الغد 08:00</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Up</source>
   <translation>يعمل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Up since {time}</source>
   <translation>يعمل منذ {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Up to date</source>
   <translation>محدَّث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Up, no database</source>
   <translation>يعمل بلا قاعدة بيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>Update</source>
   <translation>تحديث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>Updated</source>
   <translation>حُدِّث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/migrate.py" />
   <source>Updating the tables</source>
   <translation>تحديث الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Use at most one parameter in the webhook's address in Zoho.</source>
   <translation>استخدم معاملًا واحدًا على الأكثر في عنوان خطاف الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Use letters and digits only in the parameters of the webhook's address in Zoho.</source>
   <translation>استخدم الأحرف والأرقام فقط في معاملات عنوان خطاف الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Use this address</source>
   <translation>استخدام هذا العنوان</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Use this code</source>
   <translation>استخدام هذا الرمز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>Use this database</source>
   <translation>استخدام قاعدة البيانات هذه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_questions.py" />
   <source>Use this one</source>
   <translation>استخدام هذا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>Use this organization</source>
   <translation>استخدام هذه المؤسسة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>User</source>
   <translation>المستخدم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/widgets/payload_tree.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Value</source>
   <translation>القيمة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>Variable</source>
   <translation>المتغير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Verdict</source>
   <translation>الحكم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>Views of this table</source>
   <translation>عروض هذا الجدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Waiting</source>
   <translation>قيد الانتظار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Waiting for Zoho's per-minute limit</source>
   <translation>بانتظار حد Zoho في الدقيقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Waiting for another machine</source>
   <translation>بانتظار جهاز آخر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/store/migrate.py" />
   <source>Waiting for another program that updates the tables</source>
   <translation>انتظار برنامج آخر يحدّث الجداول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Waiting for other calls to Zoho to end</source>
   <translation>بانتظار انتهاء استدعاءات أخرى إلى Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Waiting for the first delivery.</source>
   <translation>في انتظار أول تسليم.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Waiting {time} for Zoho's per-minute limit</source>
   <translation>انتظار {time} لحد Zoho في الدقيقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Waits for a sign-in</source>
   <translation>بانتظار تسجيل الدخول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Waits for its turn, {done}</source>
   <translation>ينتظر دوره، {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Waits for the first sync</source>
   <translation>بانتظار المزامنة الأولى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Waits until {time}, {done}</source>
   <translation>ينتظر حتى {time}، {done}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/doctor.py" />
   <source>Warning</source>
   <translation>تحذير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Way</source>
   <translation>الطريقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>Webhook</source>
   <translation>إشعار ويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Webhook address</source>
   <translation>عنوان خطاف الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Webhook secret</source>
   <translation>سرّ خطاف الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_bar.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks_view.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Webhooks</source>
   <translation>خطافات الويب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Webhooks per day</source>
   <translation>خطافات الويب في اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_strip.py" />
   <source>Webhooks today</source>
   <translation>خطافات الويب اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>Wed</source>
   <translation>الأربعاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>Wednesdays</source>
   <translation>أيام الأربعاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>What</source>
   <translation>ماذا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>What Zoho gave you</source>
   <translation>ما أعطاك إياه Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_around.py" />
   <source>What Zoho tells of, as it comes in.</source>
   <translation>ما يخبر به Zoho عند وروده.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>What happened</source>
   <translation>ما حدث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>What happens</source>
   <translation>ما يحدث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedule_editor.py" />
   <source>What is due then waits for their end. Times are those of {zone}.</source>
   <translation>ما يحين فيها ينتظر نهايتها. الأوقات بتوقيت {zone}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>What is not the default is written into a file. Secrets go along only encrypted by a passphrase.</source>
   <translation>يُكتب ما ليس افتراضيًا في ملف. ولا تذهب الأسرار معه إلا مشفَّرة بعبارة مرور.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/banners.py" />
   <source>What is shown is what was read last.</source>
   <translation>المعروض هو ما قُرئ آخر مرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>What is stored is newer than what it tells of.</source>
   <translation>المخزَّن أحدث مما يخبر به.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>What is wrong</source>
   <translation>ما الخطأ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/first_sync.py" />
   <source>What the first sync takes</source>
   <translation>كلفة المزامنة الأولى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>What the proposed schedule costs a day</source>
   <translation>كلفة الجدول المقترح في اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>What the schedule costs</source>
   <translation>كلفة الجدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>What the sign-in gave us.</source>
   <translation>ما أعطانا إياه تسجيل الدخول.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>What the sign-in may do</source>
   <translation>ما يجوز لتسجيل الدخول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>What was discarded stands here, and can be restored for 90 days.</source>
   <translation>هنا ما استُبعد، ويمكن استعادته خلال 90 يومًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_detail.py" />
   <source>What was done</source>
   <translation>ما جرى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/actions.py" />
   <source>What was stored before is safe. Try again; if it happens again, copy the details.</source>
   <translation>ما خُزِّن من قبل سليم. أعد المحاولة، وإن تكرر الأمر فانسخ التفاصيل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_editor.py" />
   <source>What you changed is not kept.</source>
   <translation>لن يُحفظ ما غيّرته.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>When</source>
   <translation>متى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>When it is synced by itself</source>
   <translation>متى تُزامَن تلقائيًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Where Zoho delivers webhooks, as it is reached from outside.</source>
   <translation>العنوان الذي يسلّم إليه Zoho خطافات الويب، كما يُوصَل إليه من الخارج.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>Where others are accepted, let the proxy pass bodies through untouched; else enter a new secret on both sides.</source>
   <translation>إن كانت غيرها تُقبل، فاجعل الوسيط يمرر النصوص كما هي؛ وإلا فأدخل سرًّا جديدًا في الجانبين.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Where the copy of your Zoho data lives.</source>
   <translation>مكان نسخة بياناتك من Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Where the listener answers on this computer. It has to be started again after a change.</source>
   <translation>حيث يجيب المستمع على هذا الحاسوب. يجب تشغيله من جديد بعد التغيير.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Whether a secret is set is not known: {why}. Open the file of secrets first.</source>
   <translation>لا يُعرف إن كان السر معيّنًا: {why}. افتح ملف الأسرار أولًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Which Zoho products the organization has: books, inventory or both.</source>
   <translation>منتجات Zoho لدى المؤسسة: books أو inventory أو كلاهما.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Which of your organizations shall be kept in step.</source>
   <translation>أي مؤسساتك تُبقى متزامنة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>Who</source>
   <translation>من</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>Whoever has the file and this passphrase has your sign-in. A forgotten one opens nothing.</source>
   <translation>من لديه الملف وهذه العبارة لديه تسجيل دخولك. والعبارة المنسية لا تفتح شيئًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Window</source>
   <translation>مدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <source>Window…</source>
   <translation>مدة…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>With secrets…</source>
   <translation>مع الأسرار…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>Without secrets</source>
   <translation>بلا أسرار</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>Without webhooks changes are fetched by polling: {first} may be up to {soon} late, {last} up to {late}.</source>
   <translation>بلا خطاطيف ويب تُجلب التغييرات دوريًا: قد يتأخر {first} حتى {soon}، و{last} حتى {late}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>Without webhooks changes are fetched by polling; data may be up to an hour late.</source>
   <translation>بلا خطاطيف ويب تُجلب التغييرات دوريًا؛ وقد تتأخر البيانات حتى ساعة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>Without webhooks changes are fetched by polling; data may be up to {time} late.</source>
   <translation>بلا خطاطيف ويب تُجلب التغييرات دوريًا؛ وقد تتأخر البيانات حتى {time}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Words</source>
   <translation>الكلام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/letter_search.py" />
   <source>Words are looked for in id, name, error and the record's fields ( / )</source>
   <translation>تُبحث الكلمات في المعرّف والاسم والخطأ وحقول السجل ( / )</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>Would</source>
   <translation>الإجراء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>Write</source>
   <translation>كتابة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Write more into the log.</source>
   <translation>كتابة المزيد في السجل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>Write the password in place of the dots.</source>
   <translation>اكتب كلمة المرور مكان النقاط.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>You chose {chosen}, your account lives in {found}. That is used from now on.</source>
   <translation>اخترت {chosen}، وحسابك في {found}. يُستخدم ذلك من الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>You sign in at Zoho, in your browser. This program never sees your password.</source>
   <translation>تسجّل الدخول في Zoho بمتصفحك. لا يرى هذا البرنامج كلمة مرورك أبدًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Your Zoho account</source>
   <translation>حسابك في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Your Zoho plan</source>
   <translation>خطتك في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/app.py" />
   <source>Your app is registered in {region}.</source>
   <translation>تطبيقك مسجَّل في {region}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Your browser opens Zoho's page</source>
   <translation>يفتح متصفحك صفحة Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>Your browser shows Zoho's page. Sign in there and choose “Accept”; this window goes on by itself.</source>
   <translation>يعرض متصفحك صفحة Zoho. سجّل الدخول هناك واختر «Accept»؛ وتتابع هذه النافذة تلقائيًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Your plan's daily quota. Zoho's own figure corrects it.</source>
   <translation>الحصة اليومية لخطتك. ويصححها رقم Zoho نفسه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Your plan's daily quota; Zoho's own figure corrects it.</source>
   <translation>الحصة اليومية لخطتك، ويصححها رقم Zoho نفسه.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/accounts" />
   <source>ZOHO_CLIENT_ID is refused. Check it, and that ZOHO_ACCOUNTS_URL names the region the account lives in.</source>
   <translation>رُفض ZOHO_CLIENT_ID. تحقق منه ومن أن ZOHO_ACCOUNTS_URL يسمّي المنطقة التي فيها الحساب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/accounts" />
   <source>ZOHO_CLIENT_SECRET is refused. Check it, and that ZOHO_ACCOUNTS_URL names the region the account lives in.</source>
   <translation>رُفض ZOHO_CLIENT_SECRET. تحقق منه ومن أن ZOHO_ACCOUNTS_URL يسمّي المنطقة التي فيها الحساب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>ZOHO_IMAGE_CACHE_DIR is “{folder}”, where no folder can be made.</source>
   <translation>قيمة ZOHO_IMAGE_CACHE_DIR هي «⁦{folder}⁩»، ولا يمكن إنشاء مجلد هناك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>ZOHO_WEBHOOK_URL must begin with https:// and be known outside.</source>
   <translation>يجب أن يبدأ ZOHO_WEBHOOK_URL بـ ⁦https://⁩ وأن يكون معروفًا من الخارج.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Zoho</source>
   <translation>Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho accepts the sign-in: it gave us a new access token just now.</source>
   <translation>يقبل Zoho تسجيل الدخول: أعطانا رمز وصول جديدًا الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho accepts the sign-in: it gave us an access token just now.</source>
   <translation>يقبل Zoho تسجيل الدخول: أعطانا رمز وصول الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Zoho allows 5 on the free plan, 10 on paid plans.</source>
   <translation>يسمح Zoho بـ5 في الخطة المجانية و10 في الخطط المدفوعة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho allows {theirs} calls a day; ZOHO_DAILY_LIMIT is {ours}.</source>
   <translation>يسمح Zoho بـ {theirs} استدعاء في اليوم؛ وقيمة ZOHO_DAILY_LIMIT هي {ours}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Zoho answers.</source>
   <translation>‏Zoho يستجيب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Zoho app</source>
   <translation>تطبيق Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>Zoho asks whether this program may have access</source>
   <translation>يسأل Zoho هل يجوز لهذا البرنامج الوصول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>Zoho blocks an organization that makes more than 100 calls a minute.</source>
   <translation>يحظر Zoho المؤسسة التي تتجاوز 100 استدعاء في الدقيقة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Zoho blocks the organization at 100 a minute.</source>
   <translation>يحظر Zoho المؤسسة عند 100 في الدقيقة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Zoho calls {public}. On this computer: {here}</source>
   <translation>يستدعي Zoho ‏{public}. على هذا الحاسوب: {here}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Zoho can call this program the moment something changes. Without it, changes are polled.</source>
   <translation>يمكن لـZoho استدعاء هذا البرنامج لحظة تغيّر شيء. وبدونه تُستطلع التغييرات دوريًا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>Zoho cannot be reached</source>
   <translation>تعذّر الوصول إلى Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Zoho cannot call {address}.</source>
   <translation>لا يستطيع Zoho استدعاء ⁦{address}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Zoho counts every call. These limits keep the program inside your plan.</source>
   <translation>يحسب Zoho كل استدعاء. وهذه الحدود تُبقي البرنامج ضمن خطتك.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho counts {used} of {theirs} calls until {turn}; {own} of them are ours, which may be {ours}.</source>
   <translation>يعدّ Zoho ⁨{used}⁩ من {theirs} استدعاء حتى ⁦{turn}⁩؛ منها {own} لنا، والمسموح لنا {ours}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho counts {used} of {theirs} calls until {turn}; {own} of them are ours.</source>
   <translation>يعدّ Zoho ⁨{used}⁩ من {theirs} استدعاء حتى ⁦{turn}⁩؛ منها {own} لنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>Zoho does not know the address yet: enter it in Zoho's webhooks, with the secret.</source>
   <translation>لا يعرف Zoho العنوان بعد: أدخله مع السر في خطافات الويب في Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/accounts" />
   <source>Zoho does not know this client id.</source>
   <translation>لا يعرف Zoho معرّف العميل هذا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho does not know version “{version}” of its API.</source>
   <translation>لا يعرف Zoho الإصدار «{version}» من واجهته البرمجية.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Zoho has not been asked yet.</source>
   <translation>لم يُسأل Zoho بعد.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>Zoho has nothing of it that is kept here: it is gone, or of another kind.</source>
   <translation>ليس لدى Zoho منه ما يُحفظ هنا: لقد زال، أو هو من نوع آخر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Zoho id</source>
   <translation>معرّف Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>Zoho id, such as 4815000000044208</source>
   <translation>معرّف Zoho، مثل 4815000000044208</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>Zoho lets programs in by an app you register there once. It is free and takes two minutes.</source>
   <translation>يسمح Zoho للبرامج بالدخول عبر تطبيق تسجّله هناك مرة واحدة. مجانًا وفي دقيقتين.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho names no time zone for the organization.</source>
   <translation>لا يذكر Zoho منطقة زمنية للمؤسسة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho names the time zone “{zone}”, which this computer does not know.</source>
   <translation>يذكر Zoho المنطقة الزمنية «⁦{zone}⁩»، ولا يعرفها هذا الحاسوب.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <location filename="tsh_sync_gui/zoho/accounts" />
   <source>Zoho no longer accepts our sign-in.</source>
   <translation>لم يعد Zoho يقبل تسجيل دخولنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>Zoho no longer accepts our sign-in. Nothing is lost; syncs wait.</source>
   <translation>لم يعد Zoho يقبل تسجيل دخولنا. لم يُفقد شيء، والمزامنة تنتظر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/limits.py" />
   <source>Zoho plan</source>
   <translation>خطة Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/accounts" />
   <source>Zoho refuses the client secret.</source>
   <translation>يرفض Zoho سرّ العميل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho sent no figures of its quota. By our own count {used} of {limit} calls are used until {turn}.</source>
   <translation>لم يرسل Zoho أرقام حصته. بحسب عدّنا استُخدم {used} من {limit} استدعاء حتى ⁦{turn}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/sign_in.py" />
   <source>Zoho will be asked for this as well: {scopes}</source>
   <translation>سيُطلب من Zoho هذا أيضًا: {scopes}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>Zoho {remote}</source>
   <translation>Zoho {remote}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho's</source>
   <translation>ساعة Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho's API at {address} does not answer as it should.</source>
   <translation>واجهة Zoho البرمجية على ⁦{address}⁩ لا تجيب كما ينبغي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>Zoho's clock</source>
   <translation>ساعة Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho's figure counts. Set ZOHO_DAILY_LIMIT to it, so that forecasts are right.</source>
   <translation>رقم Zoho هو المعتمد. اضبط ZOHO_DAILY_LIMIT عليه لتصح التوقعات.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>Zoho's number of the organization.</source>
   <translation>رقم المؤسسة لدى Zoho.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>Zoho's sign-in at {address} does not answer as it should.</source>
   <translation>تسجيل الدخول إلى Zoho على ⁦{address}⁩ لا يجيب كما ينبغي.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Zoho, last good</source>
   <translation>Zoho، آخر سليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>Zoho, refused</source>
   <translation>Zoho، المرفوض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>a field of the record: payload.status:draft</source>
   <translation>حقل من السجل: payload.status:draft</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters_questions.py" />
   <source>a minute</source>
   <translation>في الدقيقة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>a name, me or nobody</source>
   <translation>اسم أو me أو nobody</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>a person</source>
   <translation>شخص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>a webhook</source>
   <translation>خطاف ويب</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <location filename="tsh_sync_gui/ui/state/offers.py" />
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <location filename="tsh_sync_gui/ui/wizard/pages/check.py" />
   <source>about %Ln call(s)</source>
   <translation>
    <numerusform>نحو %Ln استدعاء</numerusform>
    <numerusform>نحو استدعاء واحد</numerusform>
    <numerusform>نحو استدعاءان</numerusform>
    <numerusform>نحو %Ln استدعاءات</numerusform>
    <numerusform>نحو %Ln استدعاءً</numerusform>
    <numerusform>نحو %Ln استدعاء</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>after {time} of silence</source>
   <translation>بعد {time} من الصمت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>all at once</source>
   <translation>دفعة واحدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>always</source>
   <translation>دائمًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>always, and check the certificate</source>
   <translation>دائمًا، مع فحص الشهادة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>an address of this computer</source>
   <translation>عنوان لهذا الحاسوب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_payload.py" />
   <source>and more: see the text</source>
   <translation>والمزيد: انظر النص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>arrived {when}</source>
   <translation>وصل {when}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>as documented</source>
   <translation>كما في التوثيق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>asking…</source>
   <translation>جارٍ السؤال…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>assign</source>
   <translation>إسناد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>at character {number}</source>
   <translation>عند الحرف {number}</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>at least %Ln call(s)</source>
   <translation>
    <numerusform>على الأقل %Ln استدعاء</numerusform>
    <numerusform>على الأقل استدعاء واحد</numerusform>
    <numerusform>على الأقل استدعاءان</numerusform>
    <numerusform>على الأقل %Ln استدعاءات</numerusform>
    <numerusform>على الأقل %Ln استدعاءً</numerusform>
    <numerusform>على الأقل %Ln استدعاء</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>at most %Ln call(s)</source>
   <translation>
    <numerusform>لا استدعاءات</numerusform>
    <numerusform>استدعاء واحد على الأكثر</numerusform>
    <numerusform>استدعاءان على الأكثر</numerusform>
    <numerusform>%Ln استدعاءات على الأكثر</numerusform>
    <numerusform>%Ln استدعاءً على الأكثر</numerusform>
    <numerusform>%Ln استدعاء على الأكثر</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>at once</source>
   <translation>فورًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>auto, keychain or file</source>
   <translation>auto أو keychain أو file</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>auto: the system's keychain, else the encrypted file if there is one. keychain or file: nothing else.</source>
   <translation>‏auto: سلسلة مفاتيح النظام، وإلا الملف المشفَّر إن وُجد. keychain أو file: لا غيره.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>back</source>
   <translation>رجوع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>body alone</source>
   <translation>المتن وحده</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>body without its end</source>
   <translation>المتن بلا نهايته</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>body without its mark</source>
   <translation>المتن بلا علامته</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>books, inventory or books,inventory</source>
   <translation>books أو inventory أو books,inventory</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>brought back</source>
   <translation>أُعيد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>by {person}</source>
   <translation>بواسطة {person}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>by {person}, until it is resumed</source>
   <translation>بواسطة {person}، حتى الاستئناف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>calls a run would use</source>
   <translation>استدعاءات التشغيل الفعلي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>calls this preview used</source>
   <translation>استدعاءات هذه المعاينة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>came back in Zoho</source>
   <translation>عاد إلى Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>cancel within one page</source>
   <translation>الإلغاء خلال صفحة واحدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>cannot be taken</source>
   <translation>لا يمكن أخذها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>careful</source>
   <translation>بحذر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedules.py" />
   <source>change the schedule in focus</source>
   <translation>تغيير الجدول المحدد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>changed</source>
   <translation>تغيّر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>check everything again</source>
   <translation>فحص كل شيء مجددًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>close the panel, clear the filter</source>
   <translation>إغلاق اللوحة ومسح المرشّح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>copy the delivery as a request</source>
   <translation>نسخ التسليم كطلب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>copy the line</source>
   <translation>نسخ السطر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>copy the value in focus</source>
   <translation>نسخ القيمة المحدَّدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>counting</source>
   <translation>جارٍ العدّ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>created</source>
   <translation>أُنشئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>daily at {time}</source>
   <translation>يوميًا في {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>days</source>
   <translation>أيام</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>deleted</source>
   <translation>حُذف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/models/deliveries.py" />
   <source>delivery {number}</source>
   <translation>التسليم {number}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>details come besides: how many records Zoho has is not known yet</source>
   <translation>وتُضاف إليها التفاصيل: عدد السجلات في Zoho غير معروف بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>details fetched</source>
   <translation>تفاصيل جُلبت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>details {done}/{total}</source>
   <translation>التفاصيل ⁦{done}/{total}⁩</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>differs: {fields}</source>
   <translation>يختلف: {fields}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>discard, with a reason</source>
   <translation>استبعاد مع ذكر السبب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>do what mends the line</source>
   <translation>تنفيذ ما يصلح السطر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>done</source>
   <translation>تم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>done about {moment}</source>
   <translation>ينتهي نحو {moment}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>done about {moment}, after quota reset</source>
   <translation>ينتهي نحو {moment} بعد تجدد الحصة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>edit and retry</source>
   <translation>تعديل وإعادة محاولة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>embedded</source>
   <translation>مدمجة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/setting_row.py" />
   <source>embedded PostgreSQL</source>
   <translation>PostgreSQL المدمجة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>empty</source>
   <translation>فارغ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>encoded form</source>
   <translation>النموذج المرمَّز</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>encoded parameters</source>
   <translation>المعاملات المرمَّزة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>end the program</source>
   <translation>إنهاء البرنامج</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>ended, some records failed and are kept</source>
   <translation>انتهى، وفشلت بعض السجلات وحُفظت</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>every %Ln h</source>
   <translation>
    <numerusform>كل %Ln ساعة</numerusform>
    <numerusform>كل ساعة</numerusform>
    <numerusform>كل ساعتين</numerusform>
    <numerusform>كل %Ln ساعات</numerusform>
    <numerusform>كل %Ln ساعة</numerusform>
    <numerusform>كل %Ln ساعة</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>every %Ln min</source>
   <translation>
    <numerusform>كل %Ln دقيقة</numerusform>
    <numerusform>كل دقيقة</numerusform>
    <numerusform>كل دقيقتين</numerusform>
    <numerusform>كل %Ln دقائق</numerusform>
    <numerusform>كل %Ln دقيقة</numerusform>
    <numerusform>كل %Ln دقيقة</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>every {time}</source>
   <translation>كل {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>export all that match</source>
   <translation>تصدير كل المطابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>export the table as shown</source>
   <translation>تصدير الجدول كما هو معروض</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>failed</source>
   <translation>فشل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>filter row of the history</source>
   <translation>صف الترشيح في السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/schedules.py" />
   <source>filter row of the table</source>
   <translation>صف الترشيح في الجدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>first seen before that</source>
   <translation>ظهر أول مرة قبل ذلك</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>first seen longer ago: age&gt;2d, age&gt;3h</source>
   <translation>ظهر أول مرة قبل أكثر من: age&gt;2d، age&gt;3h</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>first seen since: 2d, today, 2026-11-01</source>
   <translation>ظهر أول مرة منذ: 2d، today، 2026-11-01</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>for a limit, another machine or the network; goes on by itself</source>
   <translation>لحدٍّ أو جهاز آخر أو الشبكة؛ يستأنف تلقائيًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>go from line to line</source>
   <translation>التنقل بين الأسطر</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>go to a screen</source>
   <translation>الانتقال إلى شاشة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>gone in Zoho</source>
   <translation>لم يعد في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>groups or records</source>
   <translation>المجموعات أو السجلات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>history of the card in focus</source>
   <translation>سجل البطاقة المحدَّدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>how often it was met: tries&gt;3</source>
   <translation>كم مرة صودف: tries&gt;3</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>how the record's id begins</source>
   <translation>بداية معرّف السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>how the run's id begins</source>
   <translation>بداية معرّف التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>just now</source>
   <translation>الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>last run ended well</source>
   <translation>انتهى آخر تشغيل بنجاح</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>letters, digits and hyphens</source>
   <translation>حروف وأرقام وشرطات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>list, detail, job or delivery</source>
   <translation>list أو detail أو job أو delivery</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>mark all that are read</source>
   <translation>تحديد كل ما قُرئ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>mark; with Shift all from the last marked one</source>
   <translation>تحديد؛ ومع Shift كل ما بعد آخر محدَّد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>minute limit, {time}</source>
   <translation>حد الدقيقة، {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>move between the cards</source>
   <translation>التنقل بين البطاقات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_detail.py" />
   <source>ms</source>
   <translation>م.ث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>never</source>
   <translation>أبدًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>new in Zoho</source>
   <translation>جديد في Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>new, mine, snoozed or unassigned</source>
   <translation>new أو mine أو snoozed أو unassigned</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/wizard.py" />
   <source>next</source>
   <translation>التالي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>next and previous</source>
   <translation>التالي والسابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>no</source>
   <translation>لا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>no call to Zoho</source>
   <translation>بلا استدعاء لـ Zoho</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>no calls</source>
   <translation>بلا استدعاءات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>no content type</source>
   <translation>بلا نوع محتوى</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>no data yet</source>
   <translation>لا بيانات بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>no good run for twice the schedule's interval</source>
   <translation>لا تشغيل ناجح خلال ضعف فترة الجدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>no reason given</source>
   <translation>دون ذكر سبب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>none: it matches</source>
   <translation>لا شيء: مطابق</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>not needed</source>
   <translation>غير لازم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>not planned</source>
   <translation>غير مخطط</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>not seen yet</source>
   <translation>لم يُرَ بعد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>not set</source>
   <translation>غير محدَّد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>now</source>
   <translation>الآن</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>of these records: entity:NAME</source>
   <translation>من هذه السجلات: entity:NAME</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>on {machine}</source>
   <translation>على {machine}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>on {machine} by {person}</source>
   <translation>على {machine} بواسطة {person}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>only a person can decide or mend it</source>
   <translation>لا يقرره أو يصلحه إلا شخص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>open</source>
   <translation>مفتوحة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>open the delivery's tabs</source>
   <translation>فتح ألسنة التسليم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>open the group, or the letter's tabs</source>
   <translation>فتح المجموعة، أو تفاصيل السجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>open the last run</source>
   <translation>فتح آخر تشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>open, snoozed, resolved, discarded or all</source>
   <translation>open أو snoozed أو resolved أو discarded أو all</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>parameters alone</source>
   <translation>المعاملات وحدها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/zoho/webhook_diagnosis.py" />
   <source>parameters as sent</source>
   <translation>المعاملات كما أُرسلت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>pause or resume</source>
   <translation>إيقاف مؤقت أو استئناف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>pause or resume all</source>
   <translation>إيقاف الكل مؤقتًا أو استئنافه</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>pause the list, or let it follow again</source>
   <translation>إيقاف القائمة مؤقتًا أو متابعتها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>preview: the same checks, nothing is written</source>
   <translation>معاينة: الفحوص نفسها دون كتابة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>quiet {hours}</source>
   <translation>هدوء {hours}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>records</source>
   <translation>سجلات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>refresh</source>
   <translation>تحديث العرض</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>renewed by itself in %Ln min</source>
   <translation>
    <numerusform>يتجدد تلقائيًا بعد %Ln د</numerusform>
    <numerusform>يتجدد تلقائيًا بعد %Ln د</numerusform>
    <numerusform>يتجدد تلقائيًا بعد %Ln د</numerusform>
    <numerusform>يتجدد تلقائيًا بعد %Ln د</numerusform>
    <numerusform>يتجدد تلقائيًا بعد %Ln د</numerusform>
    <numerusform>يتجدد تلقائيًا بعد %Ln د</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>replay what is marked, else the one in focus</source>
   <translation>إعادة المؤشَّر عليه، وإلا فالمحدَّد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>retry the whole group</source>
   <translation>إعادة محاولة المجموعة كلها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>retry what is marked, else the one in focus</source>
   <translation>إعادة محاولة المحدَّد، وإلا فالسجل الحالي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <source>right for {encoding}</source>
   <translation>صحيح لـ{encoding}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>save</source>
   <translation>حفظ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>search</source>
   <translation>بحث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>search settings</source>
   <translation>البحث في الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>search: screens, entities, actions, a record id</source>
   <translation>بحث: شاشات وكيانات وإجراءات ومعرّف سجل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks.py" />
   <source>send a test to the listener here</source>
   <translation>إرسال اختبار إلى المستمع هنا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>server</source>
   <translation>خادم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>server, desktop or self</source>
   <translation>server أو desktop أو self</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>settings</source>
   <translation>الإعدادات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>sign-in {number} of {limit}</source>
   <translation>تسجيل الدخول {number} من {limit}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/rail.py" />
   <source>skipped</source>
   <translation>تُخطّيت</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>stopped by a person</source>
   <translation>أوقفه شخص</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>stopped; the card says why and what to do</source>
   <translation>توقف؛ والبطاقة تذكر السبب وما يُفعل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/start.py" />
   <source>such as C:\Zoho\.env</source>
   <translation>مثل ⁦C:\Zoho\.env⁩</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/sync.py" />
   <source>sync the card in focus</source>
   <translation>مزامنة البطاقة المحدَّدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>system, en or ar</source>
   <translation>system أو en أو ar</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>system, light or dark</source>
   <translation>system أو light أو dark</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings.py" />
   <source>take back what was typed into the field</source>
   <translation>التراجع عما كُتب في الحقل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>takes about {time}</source>
   <translation>يستغرق نحو {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor.py" />
   <source>the database's</source>
   <translation>ساعة قاعدة البيانات</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>the embedded server of this computer</source>
   <translation>الخادم المدمج في هذا الحاسوب</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>the oldest from {time}</source>
   <translation>أقدمها {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>the quota's reset</source>
   <translation>تجدُّد الحصة</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>the rest of the details (%Ln record(s)) waits for the next syncs</source>
   <translation>
    <numerusform>بقية التفاصيل تنتظر المزامنات التالية</numerusform>
    <numerusform>بقية التفاصيل (سجل واحد) تنتظر المزامنات التالية</numerusform>
    <numerusform>بقية التفاصيل (سجلان) تنتظر المزامنات التالية</numerusform>
    <numerusform>بقية التفاصيل (%Ln سجلات) تنتظر المزامنات التالية</numerusform>
    <numerusform>بقية التفاصيل (%Ln سجلاً) تنتظر المزامنات التالية</numerusform>
    <numerusform>بقية التفاصيل (%Ln سجل) تنتظر المزامنات التالية</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>the rest of the details (%Ln record(s)) waits for tomorrow's calls</source>
   <translation>
    <numerusform>بقية التفاصيل تنتظر استدعاءات الغد</numerusform>
    <numerusform>بقية التفاصيل (سجل واحد) تنتظر استدعاءات الغد</numerusform>
    <numerusform>بقية التفاصيل (سجلان) تنتظر استدعاءات الغد</numerusform>
    <numerusform>بقية التفاصيل (%Ln سجلات) تنتظر استدعاءات الغد</numerusform>
    <numerusform>بقية التفاصيل (%Ln سجلاً) تنتظر استدعاءات الغد</numerusform>
    <numerusform>بقية التفاصيل (%Ln سجل) تنتظر استدعاءات الغد</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>the same already</source>
   <translation>مطابق أصلًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>the schedule</source>
   <translation>الجدول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>this help</source>
   <translation>هذه المساعدة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>times of {zone}</source>
   <translation>الأوقات بتوقيت {zone}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>true or false</source>
   <translation>true أو false</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>unchanged</source>
   <translation>بلا تغيير</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>under 1 s</source>
   <translation>أقل من ثانية</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>until it is resumed</source>
   <translation>حتى الاستئناف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>until {time}</source>
   <translation>حتى {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>up to 19 digits</source>
   <translation>حتى 19 رقمًا</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_rows.py" />
   <source>updated</source>
   <translation>حُدِّث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/core/settings" />
   <source>v and a number</source>
   <translation>حرف v ورقم</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/wizard/sign_in_boxes.py" />
   <source>valid for %Ln minutes</source>
   <translation>
    <numerusform>صالح لأقل من دقيقة</numerusform>
    <numerusform>صالح لدقيقة</numerusform>
    <numerusform>صالح لدقيقتين</numerusform>
    <numerusform>صالح لـ%Ln دقائق</numerusform>
    <numerusform>صالح لـ%Ln دقيقة</numerusform>
    <numerusform>صالح لـ%Ln دقيقة</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>validation, unreachable, authorisation, …</source>
   <translation>‏validation، unreachable، authorisation، …</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>waiting for the first</source>
   <translation>بانتظار الأول</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/database.py" />
   <source>when the server offers it</source>
   <translation>إن أتاحه الخادم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/env.py" />
   <source>will be taken over</source>
   <translation>ستُؤخذ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/first_sync.py" />
   <source>with {entity}</source>
   <translation>مع {entity}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>words of the cause</source>
   <translation>كلمات من سبب المجموعة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>words of the note</source>
   <translation>كلمات من الملاحظة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters.py" />
   <source>words of the reason: error:"tax"</source>
   <translation>كلمات من السبب: error:"tax"</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/help.py" />
   <source>work in hand</source>
   <translation>عمل جارٍ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>would be created</source>
   <translation>ستُنشأ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>would be deleted</source>
   <translation>ستُحذف</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/preview.py" />
   <source>would be updated</source>
   <translation>ستُحدَّث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/dead_letters.py" />
   <source>write a note</source>
   <translation>كتابة ملاحظة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks_diagnosis.py" />
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>yes</source>
   <translation>نعم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/sign_in.py" />
   <source>{count} of {limit} token refreshes in the last 10 minutes.</source>
   <translation>‏{count} من {limit} تجديدات للرمز في آخر 10 دقائق.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>{count} of {most}</source>
   <translation>{count} من {most}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/alerts.py" />
   <source>{count} times, last {when}</source>
   <translation>{count} مرات، آخرها {when}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/tray.py" />
   <source>{count} times. </source>
   <translation>{count} مرات. </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/alerts.py" />
   <source>{created} created, {updated} updated, {failed} failed</source>
   <translation>أُنشئ {created}، حُدّث {updated}، فشل {failed}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>{day} at {time}</source>
   <translation>{day} في {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/doctor.py" />
   <source>{deed} · {price}</source>
   <translation>{deed} · {price}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_replay.py" />
   <source>{deliveries} of {records} once more: {calls}.</source>
   <translation>‏{deliveries} لـ{records} مرة أخرى: {calls}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>{done} / {total}</source>
   <translation>⁦{done} / {total}⁩</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>{done} of {all} asked</source>
   <translation>سُئل عن {done} من {all}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>{done} · counting</source>
   <translation>{done} · جارٍ العدّ</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>{done}, more than expected</source>
   <translation>{done}، أكثر من المتوقع</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/problems.py" />
   <source>{entity} is not due until {time}</source>
   <translation>{entity}: لا يُستحق قبل {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/commands.py" />
   <source>{entity}: fetch record {id}</source>
   <translation>{entity}: جلب السجل {id}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/webhooks_deeds.py" />
   <source>{entity}: fetch what no delivery told of?</source>
   <translation>‏{entity}: جلب ما لم يخبر به أي تسليم؟</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>{entity}: no delivery for {time}, though %Ln change(s) came in Zoho</source>
   <translation>
    <numerusform>{entity}: لا تسليم منذ {time}، ولا تغيير في Zoho</numerusform>
    <numerusform>{entity}: لا تسليم منذ {time}، مع حدوث تغيير واحد في Zoho</numerusform>
    <numerusform>{entity}: لا تسليم منذ {time}، مع حدوث تغييرين في Zoho</numerusform>
    <numerusform>{entity}: لا تسليم منذ {time}، مع حدوث %Ln تغييرات في Zoho</numerusform>
    <numerusform>{entity}: لا تسليم منذ {time}، مع حدوث %Ln تغييرًا في Zoho</numerusform>
    <numerusform>{entity}: لا تسليم منذ {time}، مع حدوث %Ln تغيير في Zoho</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>{entity}: one record</source>
   <translation>{entity}: سجل واحد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/dialogs.py" />
   <source>{entity}: only a window of time</source>
   <translation>{entity}: مدة زمنية فقط</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>{file}, with secrets, encrypted.</source>
   <translation>‏{file}، مع الأسرار مشفَّرة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/panels/settings_transfer.py" />
   <source>{file}, without secrets.</source>
   <translation>‏{file}، بلا أسرار.</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>{first} and %Ln more</source>
   <translation>
    <numerusform>{first}</numerusform>
    <numerusform>{first} وواحد آخر</numerusform>
    <numerusform>{first} واثنان آخران</numerusform>
    <numerusform>{first} و%Ln أخرى</numerusform>
    <numerusform>{first} و%Ln أخرى</numerusform>
    <numerusform>{first} و%Ln أخرى</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/check.py" />
   <source>{good} of {all} kinds of records can be synced.</source>
   <translation>‏{good} من {all} أنواع من السجلات قابلة للمزامنة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>{heard} of {all} planned events have been heard.</source>
   <translation>سُمع {heard} من {all} أحداث مخططة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>{here}, {remote} in Zoho when it was last read in full</source>
   <translation>{here}، و{remote} في Zoho عند آخر قراءة كاملة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{host} answers a ping ({milliseconds} ms).</source>
   <translation>⁦{host}⁩ يجيب على نداء التجربة ({milliseconds} مللي ثانية).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{host} is known, its certificate is valid, and it answers a ping ({milliseconds} ms).</source>
   <translation>⁦{host}⁩ معروف وشهادته صالحة، ويجيب على نداء التجربة ({milliseconds} مللي ثانية).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>{hours} h {minutes} min</source>
   <translation>{hours} س {minutes} د</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_work.py" />
   <source>{left} calls are left today for such work. The rest waits until {time} and goes on from there.</source>
   <translation>بقي اليوم {left} استدعاء لهذا النوع من العمل. ينتظر الباقي حتى {time} ثم يكمل من هناك.</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>{letters}, %Ln new</source>
   <translation>
    <numerusform>{letters}، لا جديد</numerusform>
    <numerusform>{letters}، واحد جديد</numerusform>
    <numerusform>{letters}، اثنان جديدان</numerusform>
    <numerusform>{letters}، %Ln جديدة</numerusform>
    <numerusform>{letters}، %Ln جديدًا</numerusform>
    <numerusform>{letters}، %Ln جديد</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/organization.py" />
   <source>{line}, chosen</source>
   <translation>{line}، محدَّد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>{low}–{high} calls</source>
   <translation>⁦{low}–{high}⁩ استدعاء</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>{milliseconds} ms</source>
   <translation>{milliseconds} م.ث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <source>{minutes} min {seconds} s</source>
   <translation>{minutes} د {seconds} ث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>{mode}, preview</source>
   <translation>{mode}، معاينة</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>{mode}: started by {who}</source>
   <translation>{mode}: بدأه {who}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{names} are not set.</source>
   <translation>غير مضبوطة: ⁦{names}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{names} cannot be read now.</source>
   <translation>تتعذّر قراءة {names} الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{names} is not set.</source>
   <translation>غير مضبوط: ⁦{names}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{name} ({id}), {currency}.</source>
   <translation>⁨{name}⁩ (⁦{id}⁩)، {currency}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>{next}, by itself.</source>
   <translation>{next}، من تلقاء نفسها.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_rows.py" />
   <source>{now} in the last 24 hours, {before} in the 24 hours before</source>
   <translation>{now} في آخر 24 ساعة، و{before} في الـ24 ساعة قبلها</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_coverage.py" />
   <source>{number} a day</source>
   <translation>{number} في اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>{number} chosen · {rows}</source>
   <translation>{number} محدَّد · {rows}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{number} files with deliveries cannot be read whole ({folder}).</source>
   <translation>ملفات فيها تسليمات لا يمكن قراءتها كاملة: {number} (⁦{folder}⁩).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>{number}+ new</source>
   <translation>+{number} جديد</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>{person} edits it until {time} at the latest.</source>
   <translation>يعدّله {person} حتى {time} على الأكثر.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/dead_letters_detail.py" />
   <source>{person} is editing it.</source>
   <translation>يعدّله {person} الآن.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/limits.py" />
   <source>{plan} · {calls} calls a day</source>
   <translation>{plan} · {calls} استدعاء في اليوم</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>{progress} in this run</source>
   <translation>{progress} في هذا التشغيل</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <source>{rate}/s</source>
   <translation>{rate}/ث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/connection.py" />
   <source>{refreshes} of {limit} renewals in 10 min</source>
   <translation>{refreshes} من {limit} تجديدات في 10 د</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/run_log.py" />
   <source>{result} after {time}</source>
   <translation>{result} بعد {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{room} GB are free for {folder}.</source>
   <translation>المساحة الحرة ⁦{room}⁩ غ.ب لـ ⁦{folder}⁩.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/widgets/frame_parts.py" />
   <source>{screen} (Ctrl+{number})</source>
   <translation>{screen} (Ctrl+{number})</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/texts.py" />
   <location filename="tsh_sync_gui/ui/state/webhooks.py" />
   <source>{seconds} s</source>
   <translation>{seconds} ث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/state/webhooks.py" />
   <source>{seen} of {all} events have arrived</source>
   <translation>وصل {seen} من {all} أحداث</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/prices.py" />
   <source>{share} % of the day's calls</source>
   <translation>{share}٪ من استدعاءات اليوم</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/widgets/table_foot.py" />
   <source>{shown} of %Ln row(s)</source>
   <translation>
    <numerusform>{shown} من %Ln</numerusform>
    <numerusform>{shown} من %Ln</numerusform>
    <numerusform>{shown} من صفّين</numerusform>
    <numerusform>{shown} من %Ln صفوف</numerusform>
    <numerusform>{shown} من %Ln صفًّا</numerusform>
    <numerusform>{shown} من %Ln صف</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/settings_form.py" />
   <source>{source}: it goes before what is saved here.</source>
   <translation>‏{source}: له الأولوية على المحفوظ هنا.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/cards.py" />
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>{time} left</source>
   <translation>بقي {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/schedules.py" />
   <source>{timing}, {quiet}</source>
   <translation>{timing}، {quiet}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title} may be read and changed.</source>
   <translation>‏{title}: تجوز القراءة والتعديل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title} may be read, but not changed.</source>
   <translation>‏{title}: تجوز القراءة ولا يجوز التعديل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title} may be read.</source>
   <translation>‏{title}: تجوز القراءة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title} may be read. Whether they may be changed Zoho did not say.</source>
   <translation>‏{title}: تجوز القراءة. ولم يقل Zoho هل يجوز التعديل.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title} may not be read.</source>
   <translation>‏{title}: لا تجوز القراءة.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title}. Check the network, and ZOHO_ACCOUNTS_URL.</source>
   <translation>‏{title}. تحقق من الشبكة ومن ZOHO_ACCOUNTS_URL.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_zoho.py" />
   <source>{title}. Check the network, and ZOHO_API_BASE_URL.</source>
   <translation>‏{title}. تحقق من الشبكة ومن ZOHO_API_BASE_URL.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/webhooks_detail.py" />
   <source>{trouble}. Next try {when} ({number} of {most}).</source>
   <translation>{trouble}. المحاولة التالية {when} ({number} من {most}).</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/summary.py" />
   <source>{used}/{limit}</source>
   <translation>{used}/{limit}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>{variable} is {number}.</source>
   <translation>قيمة ⁦{variable}⁩ هي {number}.</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/words.py" />
   <source>{what} · next try in {time}</source>
   <translation>{what} · المحاولة التالية بعد {time}</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/wizard/pages/database.py" />
   <source>{what}…</source>
   <translation>{what}…</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/alerts.py" />
   <source>{when} · over</source>
   <translation>{when} · انتهى</translation>
  </message>
  <message numerus="yes">
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>{word}, %Ln failed</source>
   <translation>
    <numerusform>{word}</numerusform>
    <numerusform>{word}، فشل %Ln</numerusform>
    <numerusform>{word}، فشل %Ln</numerusform>
    <numerusform>{word}، فشل %Ln</numerusform>
    <numerusform>{word}، فشل %Ln</numerusform>
    <numerusform>{word}، فشل %Ln</numerusform>
   </translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/ui/state/history.py" />
   <source>{word}, cancelled</source>
   <translation>{word}، أُلغي</translation>
  </message>
  <message>
   <location filename="tsh_sync_gui/bootstrap/doctor_machine.py" />
   <source>“{file}” is a file. Name a folder that you may write to.</source>
   <translation>«⁦{file}⁩» ملف. سمِّ مجلدًا تجوز لك الكتابة فيه.</translation>
  </message>
 </context>
</TS>
