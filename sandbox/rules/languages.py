from __future__ import annotations

_BASE = """
af sq ar az bn bg ca zh_CN zh_HK zh_TW hr cs da nl en en_GB en_US et fil fi fr ka de el gu ha he hi hu id ga
it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb fa pl pt_BR pt_PT pa ro ru sr sk sl es es_AR es_ES es_MX
sw sv ta te th tr uk ur uz vi zu
"""
_REGIONAL = """
ar_AE ar_EG ar_LB ar_MA ar_QA ar_SA be_BY bn_IN nl_BE en_AE en_AU en_CA en_GH en_IE en_IN es_CL es_CO es_PE
es_VE fr_BE fr_CA fr_CH prs_AF
"""
#: Codes a template may be created in (Meta, Message templates, Supported languages).
LANGUAGES = frozenset((_BASE + _REGIONAL).split())
